#include "iib/cli/cli.hpp"

int main(int argc, char** argv) {
  return iib::cli::run(argc, argv);
}
