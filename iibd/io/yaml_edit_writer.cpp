#include "yaml_edit_writer.hpp"

#include <algorithm>

namespace iib::io::edit {
namespace {

/// `gap` without the tabs that its lines begin with: libyaml lets such lines follow a plain scalar
/// only.
std::string without_tabs(std::string_view gap) {
  auto position = std::min(gap.find_first_of("\r\n"), gap.size());
  std::string result{gap.substr(0, position)};
  const auto text = std::min(gap.find_first_not_of(" \t\r\n\xef\xbb\xbf", position), gap.size());
  for (; position < text; ++position) {
    if (gap[position] != '\t') result += gap[position];
  }
  return result.append(gap.substr(position));
}

}  // namespace

void Writer::change_text(const YamlNode& node, const std::vector<Piece>& pieces,
                         const Place& place) {
  auto splices = change_scalar(source_, node, pieces, place.manner != Manner::block);
  const auto content = source_.content_begin(node);
  if (is_block_scalar(node) && splices.front().span.begin == content) {  // now in quotes
    insert(node.begin, padding(node.begin, place));
    if (content > node.begin) insert(content, padding(content, place));
  }
  for (auto& one : splices) splices_.push_back(std::move(one));
}

void Writer::put(const YamlNode& node, const Printable& value, const Place& place) {
  switch (place.as) {
    case Place::As::root:
      return put_root(node, value);
    case Place::As::value:
      return put_value(node, value, place);
    case Place::As::key:
      return put_key(node, value, place);
    case Place::As::item: {
      auto text = in_one_line(value, place.manner);
      if (is_nothing(node)) return insert_apart(node.begin, " " + text);
      return write_over(node, node.begin, padding(node.begin, place) + text);
    }
  }
}

/// A key was an alias. Unlike one, a plain scalar does not end at a colon before a bracket.
void Writer::put_key(const YamlNode& node, const Printable& value, const Place& place) {
  write_over(node, node.begin, key_in_one_line(value, place.manner));
  const auto colon = source_.colon(*place.pair);
  const auto next = colon ? source_.text().substr(*colon + 1, 1) : std::string_view{};
  if (place.manner != Manner::block && !next.empty() &&
      std::string_view{",?[]{}"}.find(next) != std::string_view::npos) {
    insert(*colon + 1, " ");
  }
}

void Writer::put_value(const YamlNode& node, const Printable& value, const Place& place) {
  if (place.manner != Manner::block) return put_flow_value(node, value, place);
  if (!source_.colon(*place.pair)) return put_missing(value, place);
  if (value.is_block()) return put_block(node, value, place);
  put_inline(node, in_one_line(value, Manner::block), place);
}

void Writer::put_flow_value(const YamlNode& node, const Printable& value, const Place& place) {
  const auto text = in_one_line(value, place.manner);
  if (!is_nothing(node)) return write_over(node, node.begin, text);
  if (const auto colon = source_.colon(*place.pair)) return insert_apart(*colon + 1, " " + text);
  const YamlNode& key = *place.pair->key;
  const auto end = source_.content_end(key);
  // Without a colon a key may have several lines; with one it needs a mark for that.
  const auto before = source_.text().find_last_not_of(" \t\r\n", key.begin - 1);
  if (source_.line_end(key.begin) < end && source_.text()[before] != '?') insert(key.begin, "? ");
  insert_apart(end, " : " + text);
}

/// A value for `? key`.
void Writer::put_missing(const Printable& value, const Place& place) {
  const auto column = column_of(*place.collection);
  const auto end = source_.line_end(source_.content_end(*place.pair->key));
  std::vector<std::string> lines{std::string(column, ' ') + ':'};
  if (value.is_block()) {
    for (auto& line : block_lines(value, column + 2, indents_in(*place.collection))) {
      lines.push_back(std::move(line));
    }
  } else {
    lines.front().append(" ").append(in_one_line(value, Manner::block));
  }
  insert(end, after_break(lines, end));
  close_last_scalar(*place.pair->key);
}

void Writer::put_inline(const YamlNode& node, const std::string& text, const Place& place) {
  const auto after_colon = source_.colon(*place.pair).value_or(node.begin) + 1;
  if (is_nothing(node)) return insert_apart(after_colon, " " + text);
  if (!source_.is_blank({after_colon, node.begin})) {  // a comment, and the line break after it
    return write_over(node, node.begin, padding(node.begin, place) + text);
  }
  const bool own_line = source_.line_end(after_colon) <= node.begin;
  if (own_line) return write_over(node, after_colon, " " + text);
  write_over(node, node.begin, text);
}

void Writer::put_block(const YamlNode& node, const Printable& value, const Place& place) {
  const auto indents = indents_in(*place.collection);
  const bool list = value.kind == Printable::Kind::list;
  auto column = column_of(*place.collection) + (list ? indents.list : indents.map);
  const auto begins_line = [&] {
    return source_.is_blank({source_.line_begin(node.begin), node.begin});
  };
  const bool same_list = list && node.kind == YamlKind::sequence && !node.flow;
  if (same_list && begins_line()) column = source_.column(node.begin);
  const auto lines = block_lines(value, column, indents);

  const auto after_colon = source_.colon(*place.pair).value_or(node.begin) + 1;
  const auto end = is_nothing(node) ? after_colon : source_.content_end(node);
  if (!is_nothing(node) && !source_.is_blank({after_colon, node.begin})) {
    // After a comment: the lines of the old value become those of the new one.
    const auto begin = source_.line_begin(node.begin);
    const auto text = after_break(lines, begin);
    return write_over(node, begin, text.substr(source_.line_break_near(begin).size()));
  }
  if (!is_nothing(node)) write_over(node, after_colon, {});
  const auto line_end = source_.line_end(end);
  insert(line_end, after_break(lines, line_end));
}

void Writer::put_root(const YamlNode& node, const Printable& value) {
  auto text = in_one_line(value, Manner::flow);
  if (!is_nothing(node)) return write_over(node, node.begin, text);
  // A text without a document has its root at 0; one with `---` has it at the next token.
  const auto position = node.begin == 0 ? source_.text().size() : node.begin;
  const auto line_break = source_.line_break_near(position);
  if (source_.column(position) > 0) text.insert(0, line_break);
  if (position < source_.text().size() && source_.break_at(position) == 0) text += line_break;
  insert(position, std::move(text));
}

void Writer::add(const YamlNode& mapping,
                 const std::vector<std::pair<Printable, Printable>>& pairs) {
  if (mapping.flow) {
    add_flow(mapping, pairs);
  } else {
    add_block(mapping, pairs);
  }
}

void Writer::add_flow(const YamlNode& mapping,
                      const std::vector<std::pair<Printable, Printable>>& pairs) {
  const auto begin = source_.content_begin(mapping);
  const auto* last = mapping.pairs.empty() ? nullptr : &mapping.pairs.back();
  const bool json = last != nullptr && last->key->style == ScalarStyle::double_quoted;
  std::string separator = ", ";
  if (last != nullptr) {
    const auto line = source_.line_begin(last->key->begin);
    if (line > begin && source_.is_blank({line, last->key->begin})) {
      separator = ",";
      separator.append(source_.line_break_near(line)).append(source_.at({line, last->key->begin}));
    }
  }
  std::string text;
  for (const auto& [key, value] : pairs) {
    if (last != nullptr || !text.empty()) text += separator;
    text += pair_in_one_line(key, value, json ? Manner::json : Manner::flow);
  }
  if (last == nullptr) return insert_apart(begin + 1, std::move(text));
  const bool braces = source_.text()[begin] == '{';
  if (!braces) {
    insert(begin, "{");
    text += '}';
  }
  const YamlNode& value = *last->value;
  insert_apart(is_nothing(value) ? value.begin : source_.content_end(value), std::move(text));
}

void Writer::add_block(const YamlNode& mapping,
                       const std::vector<std::pair<Printable, Printable>>& pairs) {
  const auto column = column_of(mapping);
  const auto& last = mapping.pairs.back();
  const auto indents = indents_in(mapping);
  std::vector<std::string> lines;
  for (const auto& [key, value] : pairs) {
    for (auto& line : pair_lines(key, value, column, indents)) lines.push_back(std::move(line));
  }
  const auto position = after_comments(source_.line_end(source_.content_end(last)), column);
  insert(position, after_break(lines, position));
  close_last_scalar(is_nothing(*last.value) ? *last.key : *last.value);
}

/// The end of the last comment below the line that ends at `position` that is indented as `column`
/// is: such comments belong to what stands before them.
std::size_t Writer::after_comments(std::size_t position, std::size_t column) const {
  const auto text = source_.text();
  for (;;) {
    const auto length = source_.break_at(position);
    const auto first = text.find_first_not_of(' ', position + length);
    if (length == 0 || first == std::string_view::npos || text[first] != '#') return position;
    if (first - (position + length) < column) return position;
    position = source_.line_end(first);
  }
}

/// A block scalar that ends with the text has no last line break to keep or to clip. Once more
/// follows it has one, which is not to become part of it.
void Writer::close_last_scalar(const YamlNode& node) {
  if (node.kind == YamlKind::mapping && !node.flow) {
    const auto& last = node.pairs.back();
    return close_last_scalar(is_nothing(*last.value) ? *last.key : *last.value);
  }
  if (node.kind == YamlKind::sequence && !node.flow) return close_last_scalar(*node.items.back());
  const bool at_end = source_.content_end(node) == source_.text().size();
  if (!is_block_scalar(node) || !at_end || node.value.empty()) return;
  const auto begin = source_.content_begin(node);
  const auto header = block_header(source_, begin);
  if (header.chomping == '-' || is_replaced(begin) || std::exchange(closed_, true)) return;
  if (header.chomping == ' ') return insert(header.marks_end, "-");
  const auto plus = source_.text().find('+', begin);
  splice(plus, plus + 1, "-");
}

void Writer::write_over(const YamlNode& node, std::size_t begin, std::string text) {
  const auto end = source_.content_end(node);
  // What a plain scalar may be followed by may stay.
  const bool closed =
      !text.empty() && std::string_view{"\"'}]"}.find(text.back()) != std::string_view::npos;
  text.append(header_comment(source_, node)).append(apart(end));
  splices_.push_back({{begin, end}, std::move(text), closed});
}

void Writer::insert_apart(std::size_t position, std::string text) {
  insert(position, text.append(apart(position)));
}

std::string_view Writer::apart(std::size_t position) const {
  return source_.text().substr(position).starts_with('#') ? " " : "";
}

bool Writer::is_replaced(std::size_t position) const {
  return std::any_of(splices_.begin(), splices_.end(), [&](const Splice& one) {
    return one.span.begin <= position && position < one.span.end;
  });
}

std::string Writer::after_break(const std::vector<std::string>& lines, std::size_t position) const {
  const auto line_break = source_.line_break_near(position);
  std::string text;
  for (const auto& line : lines) text.append(line_break).append(line);
  return text;
}

std::string Writer::padding(std::size_t position, const Place& place) const {
  if (place.manner != Manner::block || place.collection == nullptr) return {};
  if (!source_.is_blank({source_.line_begin(position), position})) return {};
  const auto least = column_of(*place.collection) + 1;
  const auto column = source_.column(position);
  return std::string(column < least ? least - column : 0, ' ');
}

Indents Writer::indents_in(const YamlNode& mapping) {
  std::optional<std::size_t> map;
  std::optional<std::size_t> list;
  look_at_indents(mapping, map, list);
  if (!file_indents_ && (!map || !list)) {
    std::optional<std::size_t> file_map;
    std::optional<std::size_t> file_list;
    learn_indents(root_, file_map, file_list);
    file_indents_ = Indents{file_map.value_or(2), file_list.value_or(0)};
  }
  if (!map) map = file_indents_->map;
  if (!list) list = file_indents_->list;
  return {*map, *list};
}

void Writer::learn_indents(const YamlNode& node, std::optional<std::size_t>& map,
                           std::optional<std::size_t>& list) const {
  if (node.flow || (map && list)) return;
  if (node.kind == YamlKind::mapping) look_at_indents(node, map, list);
  for (const auto& pair : node.pairs) learn_indents(*pair.value, map, list);
  for (const auto* item : node.items) learn_indents(*item, map, list);
}

void Writer::look_at_indents(const YamlNode& mapping, std::optional<std::size_t>& map,
                             std::optional<std::size_t>& list) const {
  if (mapping.flow) return;
  const auto column = column_of(mapping);
  for (const auto& [key, value] : mapping.pairs) {
    if (!is_block_collection(*value)) continue;
    const auto begin = source_.content_begin(*value);
    if (!source_.is_blank({source_.line_begin(begin), begin})) continue;
    auto& found = value->kind == YamlKind::mapping ? map : list;
    if (!found && source_.column(begin) >= column) found = source_.column(begin) - column;
  }
}

std::string Writer::finish() {
  std::stable_sort(splices_.begin(), splices_.end(), [](const Splice& first, const Splice& second) {
    if (first.span.begin != second.span.begin) return first.span.begin < second.span.begin;
    const auto is_insertion = [](const Splice& one) { return one.span.begin == one.span.end; };
    return is_insertion(first) && !is_insertion(second);
  });
  std::string result;
  result.reserve(source_.text().size() + 1024);
  std::size_t done = 0;
  bool after_value = false;
  const auto append_gap = [&](std::size_t end) {
    const auto gap = source_.at({done, end});
    if (after_value) {
      result += without_tabs(gap);
    } else {
      result += gap;
    }
  };
  for (const auto& splice : splices_) {
    append_gap(splice.span.begin);
    result += splice.by;
    done = splice.span.end;
    after_value = splice.ends_value;
  }
  append_gap(source_.text().size());
  return result;
}

}  // namespace iib::io::edit
