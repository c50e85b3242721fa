#include "iib/base/urls.hpp"

#include <cctype>

namespace iib {

std::string without_queries(std::string_view text) {
  std::string result;
  bool in_url = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("://")) in_url = true;
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0 || text[at] == '"') in_url = false;
    if (in_url && text[at] == '?') {
      const auto end = text.find_first_of(" \"\t", at);
      result += "?...";
      if (end == std::string_view::npos) return result;
      at = end;
      in_url = false;
    }
    result.push_back(text[at]);
  }
  return result;
}

}  // namespace iib
