#include "index_image.hpp"

#include "eventually.hpp"
#include "test_layer.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace iib::test {
namespace {

struct Name {
  std::string repository;
  std::string reference;
};

Name split(const std::string& pull_spec) {
  const auto path = pull_spec.substr(pull_spec.find('/') + 1);
  const auto end = path.find_first_of(":@");
  return {.repository = path.substr(0, end), .reference = path.substr(end + 1)};
}

io::JsonDocument manifest_of(const Registry& registry, const Name& name) {
  // docker-registry 2.8 writes a manifest's link anew at every push of it, not at once: while
  // another request pushes an equal image, this one may be missing for a moment.
  std::string text;
  const bool found = eventually(std::chrono::seconds{10}, [&] {
    text = registry.manifest(name.repository, name.reference);
    return !text.empty();
  });
  if (!found) throw std::runtime_error{"there is no " + name.repository + name.reference};
  return io::parse_json(text);
}

IndexImage read_image(const Registry& registry, const std::string& repository,
                      const io::JsonValue& entry) {
  const auto manifest =
      manifest_of(registry, {.repository = repository, .reference = entry["digest"].GetString()});
  IndexImage image{
      .architecture = entry["platform"]["architecture"].GetString(),
      .media_type = manifest["mediaType"].GetString(),
      .config = io::parse_json(registry.blob(repository, manifest["config"]["digest"].GetString())),
      .layers = {}};
  for (const auto& layer : manifest["layers"].GetArray()) {
    image.layers.emplace_back(layer["digest"].GetString());
  }
  return image;
}

std::filesystem::path write_database(const Registry& registry, const Index& index,
                                     const std::filesystem::path& directory) {
  const auto& layers = index.images.front().layers;
  auto file = directory / "index.db";
  for (std::size_t left = layers.size(); left > 0; --left) {
    const auto& layer = layers[left - 1];
    for (const auto& [path, content] : read_layer(registry.blob(index.repository, layer))) {
      if (std::filesystem::path{path}.lexically_normal() != "database/index.db") continue;
      std::ofstream{file, std::ios::binary} << content;
      return file;
    }
  }
  throw std::runtime_error{"no layer of the index holds a database"};
}

}  // namespace

std::vector<std::string> Index::architectures() const {
  std::vector<std::string> names;
  for (const auto& image : images) names.push_back(image.architecture);
  return names;
}

Index read_index(const Registry& registry, const std::string& pull_spec) {
  const auto name = split(pull_spec);
  const auto list = manifest_of(registry, name);
  Index index{
      .repository = name.repository, .media_type = list["mediaType"].GetString(), .images = {}};
  for (const auto& entry : list["manifests"].GetArray()) {
    index.images.push_back(read_image(registry, name.repository, entry));
  }
  return index;
}

IndexDatabase::IndexDatabase(const Registry& registry, const Index& index)
    : directory_{std::filesystem::temp_directory_path(), "index-"},
      database_{write_database(registry, index, directory_.path()).string()} {}

Rows IndexDatabase::query(const std::string& sql) {
  SQLite::Statement statement{database_, sql};
  Rows rows;
  while (statement.executeStep()) {
    auto& row = rows.emplace_back();
    for (int column = 0; column < statement.getColumnCount(); ++column) {
      const auto value = statement.getColumn(column);
      row.push_back(value.isNull() ? "NULL" : value.getString());
    }
  }
  return rows;
}

std::vector<std::string> bundles_of(const Registry& registry, const std::string& pull_spec) {
  IndexDatabase database{registry, pull_spec};
  std::vector<std::string> names;
  for (const auto& row : database.query("SELECT name FROM operatorbundle ORDER BY name")) {
    names.push_back(row.front());
  }
  return names;
}

}  // namespace iib::test
