#include "catalog/fbc/writer.hpp"

#include "../golden_support.hpp"
#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/files.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc.hpp"
#include "skip.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

std::vector<fbc::Blob> load(const fs::path& root) {
  std::vector<fbc::Blob> blobs;
  for (const auto& file : fbc::find_files(root).files) {
    fbc::BlobReader reader{root / file.name};
    while (const auto raw = reader.next()) {
      blobs.push_back(fbc::read_blob(fbc::parse_blob(*raw, fbc::Values::keep), fbc::Values::keep));
    }
  }
  fbc::order_blobs(blobs);
  return blobs;
}

std::string write(const std::vector<fbc::Blob>& blobs, fbc::Format format) {
  std::string text;
  for (const auto& blob : blobs) text += fbc::to_text(blob, format);
  return text;
}

std::string written(const std::string& text, fbc::Format format = fbc::Format::json) {
  const CatalogTree tree;
  tree.write("c", text);
  return write(load(tree.root()), format);
}

/// What blobs mean, whatever the spelling.
std::vector<std::string> meanings(const std::vector<fbc::Blob>& blobs) {
  std::vector<std::string> texts;
  for (const auto& blob : blobs) {
    texts.push_back(fbc::to_text(blob, fbc::Format::yaml));
  }
  return texts;
}

}  // namespace

TEST_CASE("typed blobs are written with their keys in order and nothing else", "[fbc]") {
  CHECK(written(R"({"extra":1,"name":"p","Schema":"olm.package","defaultChannel":"s",)"
                R"("icon":{"mediatype":"image/png","base64data":"aGk="},"properties":[]})") ==
        R"({
    "schema": "olm.package",
    "name": "p",
    "defaultChannel": "s",
    "icon": {
        "base64data": "aGk=",
        "mediatype": "image/png"
    }
}
)");
  CHECK(written(R"({"schema":"olm.channel","package":"p","name":"s","entries":[{"skips":["a"],)"
                R"("skipRange":"<1.0.0","name":"b"}]})") ==
        R"({
    "schema": "olm.channel",
    "name": "s",
    "package": "p",
    "entries": [
        {
            "name": "b",
            "skips": [
                "a"
            ],
            "skipRange": "<1.0.0"
        }
    ]
}
)");
}

TEST_CASE("values and blobs of other schemas keep their spelling", "[fbc]") {
  CHECK(written(R"({"zz":1.0,"schema":"custom","a":"\u003c\u00e9\/","package":"p"})") == R"({
    "zz": 1.0,
    "schema": "custom",
    "a": "<\u00e9\/",
    "package": "p"
}
)");
}

TEST_CASE("blobs come in the order of the reference", "[fbc]") {
  const auto text = written(
      R"({"schema":"custom.z","package":"p"}{"schema":"custom.a","package":"p"}{"schema":"m"})"
      R"({"schema":"olm.deprecations","package":"p"}{"schema":"olm.package","name":"q"})"
      R"({"schema":"olm.bundle","name":"v2","package":"p"}{"schema":"olm.channel","name":"z","package":"p"})"
      R"({"schema":"olm.bundle","name":"v1","package":"p"}{"schema":"olm.package","name":"p"})"
      R"({"schema":"olm.bundle","name":"gone","package":""}{"schema":"custom.a","package":"a"})");
  std::string schemas;
  for (std::size_t at = text.find("\"schema\": \""); at != std::string::npos;
       at = text.find("\"schema\": \"", at + 1)) {
    schemas += text.substr(at + 11, text.find('"', at + 11) - at - 11) + ' ';
  }

  CHECK(schemas ==
        "custom.a olm.package olm.channel olm.bundle olm.bundle custom.a custom.z olm.deprecations "
        "olm.package m ");
  CHECK(text.find("v1") < text.find("v2"));
  CHECK(text.find("gone") == std::string::npos);
}

TEST_CASE("YAML is written with sorted keys, and strings stay strings", "[fbc]") {
  const auto text = written(
      R"({"schema":"olm.bundle","name":"yes","package":"010","image":"a: b","properties":[{"type":"t",)"
      R"("value":{"z":["l1\nl2\n",{"k":[]}],"a":1.0,"":"\u0085\t"}}]})",
      fbc::Format::yaml);

  CHECK(text == R"(---
image: 'a: b'
name: "yes"
package: "010"
properties:
- type: t
  value:
    "": "\u0085\t"
    a: 1
    z:
    - |
      l1
      l2
    - k: []
schema: olm.bundle
)");
}

TEST_CASE("what is written is read again as the same, in both notations", "[fbc]") {
  const auto format = GENERATE(fbc::Format::json, fbc::Format::yaml);
  const CatalogTree tree;
  std::string odd = R"({"schema":"x","package":"p","l":[[1,[2]],[],{},null,true,-1e300,"",)";
  for (const auto* text : {"a\\nb",
                           "a\\n\\nb\\n\\n",
                           " a\\nb",
                           "a \\nb",
                           "---",
                           "--- a",
                           "a\\n---\\nb",
                           "- a",
                           "? a",
                           "a #b",
                           "#",
                           "null",
                           "~",
                           "1_000",
                           "0x1f",
                           "1:30",
                           "2020-01-01",
                           "<<",
                           "=",
                           "!t",
                           "&a",
                           "*a",
                           "%a",
                           "@a",
                           "'",
                           "\\\"",
                           "\\\\",
                           "\\u0000\\u0007",
                           "\\u2028",
                           "\\ud83d\\ude00",
                           "\\ufeff",
                           "\\ufffe",
                           "\\u007f",
                           "a\\tb\\nc",
                           "\\ta\\nb",
                           "a:",
                           ": a",
                           "{a",
                           "a, b",
                           "\\n",
                           "\\n\\n",
                           "a\\r\\nb",
                           "...",
                           "|",
                           ">"}) {
    odd += std::string{"\""} + text + "\",{\"" + text + "\":\"" + text + "\"},";
  }
  odd += "{\"" + std::string(2'000, 'k') + "\":{\"a\":1}}]}";
  tree.write("c", odd);
  const auto first = load(tree.root());

  const CatalogTree again;
  again.write("c", write(first, format));
  const auto second = load(again.root());

  CHECK(meanings(first) == meanings(second));
}

TEST_CASE("every good golden catalog survives being written", "[fbc][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  std::size_t compared = 0;
  for (const auto& entry : fs::directory_iterator{*shared / "golden" / "fbc" / "validate"}) {
    CAPTURE(entry.path().stem().string());
    const auto golden = io::parse_json(read_file(entry.path(), 64UL << 20U));
    const CatalogTree tree;
    tree.write_golden(*io::find_member(golden, "files"));
    if (!fbc::validate(tree.root()).warnings.empty()) continue;
    if (!fbc::validate(tree.root()).problems.empty()) continue;
    const auto first = load(tree.root());
    for (const auto format : {fbc::Format::json, fbc::Format::yaml}) {
      const CatalogTree again;
      again.write("c", write(first, format));

      CHECK(meanings(load(again.root())) == meanings(first));
      CHECK(fbc::validate(again.root()).problems.empty());
    }
    ++compared;
  }
  CHECK(compared > 50);
}

}  // namespace iib::test
