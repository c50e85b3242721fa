#include "image/layer/layer_output.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace iib::image {

LayerOutput::LayerOutput(const std::filesystem::path& path)
    : path_{path}, file_{std::fopen(path.c_str(), "wbxe"), &std::fclose} {
  if (file_ == nullptr) fail();
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // what comes is large
}

LayerOutput::~LayerOutput() {
  if (file_ == nullptr) return;
  std::error_code ignored;  // whoever owns the directory removes what is left
  std::filesystem::remove(path_, ignored);
}

void LayerOutput::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail();
  sum_.update(bytes);
  size_ += bytes.size();
}

void LayerOutput::keep() {
  if (std::fflush(file_.get()) != 0) fail();
  file_.reset();
}

model::Digest LayerOutput::digest() {
  return model::Digest::parse("sha256:" + sum_.finish_hex());
}

void LayerOutput::fail() const {
  throw ExternalError{fmt::format("the layer {} cannot be written: {}", path_.string(),
                                  std::generic_category().message(errno)),
                      ExternalError::Retry::no};
}

}  // namespace iib::image
