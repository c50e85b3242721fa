#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io {

/// A path taken apart: names only, no `.`, `..` or empty ones.
using PathNames = std::vector<std::string>;

/// The names joined by `/`.
[[nodiscard]] std::string join(const PathNames& names);
/// Whether `path` is `ancestor` or lies below it.
[[nodiscard]] bool is_at_or_below(const PathNames& path, const PathNames& ancestor);
/// The names in `text`, `..` kept.
[[nodiscard]] PathNames names_of(std::string_view text);
/// The path of an entry of a layer; nothing if it is absolute or holds `..`.
[[nodiscard]] std::optional<PathNames> entry_path(std::string_view text);
/// A path of an image as users and labels write it, relative to the image's root with or without a
/// slash at its begin. Throws UserError for one that holds `..`.
[[nodiscard]] PathNames path_in_image(std::string_view text);

/// `name`, a path of an image or a part of one, as text for people: of bounded length, and ASCII,
/// for names need not be UTF-8.
[[nodiscard]] std::string shown_name(std::string_view name);

/// An entry that only hides what lower layers have (OCI image-spec, "Whiteouts").
struct Whiteout {
  /// What it hides: `path` itself, or all that lower layers have in the folder `path`.
  enum class Kind { one, contents, nothing };
  Kind kind = Kind::nothing;  ///< `nothing` for names that would lead up.
  PathNames path{};           ///< What or where it hides.
};

/// The whiteout that an entry at `path` is; nothing if it is an ordinary one.
[[nodiscard]] std::optional<Whiteout> as_whiteout(const PathNames& path);

}  // namespace iib::io
