#include "event/json_value.hpp"

#include <algorithm>
#include <map>

#include "event/text.hpp"
#include "privacy/secrets.hpp"

namespace cellmon::event {
namespace {

constexpr std::string_view kNulSymbol = "\xE2\x90\x80";  // U+2400
constexpr std::size_t kFewMembers = 16;                  // up to here a linear search is quicker

std::string replace_nul(std::string_view text) {
    std::string replaced;
    replaced.reserve(text.size() + 8);
    for (const char c : text) {
        if (c == '\0') {
            replaced.append(kNulSymbol);
        } else {
            replaced.push_back(c);
        }
    }
    return replaced;
}

void drop_repeated_of_few(std::vector<Member>& members, std::size_t begin) {
    std::size_t kept = begin;
    for (std::size_t i = begin; i < members.size(); ++i) {
        std::size_t same = begin;
        while (same < kept && members[same].name != members[i].name)
            ++same;
        members[same] = members[i];
        if (same == kept) ++kept;
    }
    members.resize(kept);
}

}  // namespace

JsonKind JsonValue::kind() const {
    using simdjson::dom::element_type;
    switch (element_.type()) {
        case element_type::NULL_VALUE:
            return JsonKind::null;
        case element_type::BOOL:
            return JsonKind::boolean;
        case element_type::INT64:
            return JsonKind::integer;
        case element_type::UINT64:
            return JsonKind::natural;
        case element_type::DOUBLE:
            return JsonKind::real;
        case element_type::ARRAY:
            return JsonKind::array;
        case element_type::OBJECT:
            return JsonKind::object;
        case element_type::STRING:
            break;
    }
    return repaired_ && text().starts_with('\0') ? JsonKind::vast : JsonKind::text;
}

CleanText clean(std::string_view text, TextPool& pool) {
    const std::size_t special = find_special(text, 0);
    if (special == text.size()) return {text, true};
    return {without_nul(text, pool), false};
}

std::string_view without_nul(std::string_view text, TextPool& pool) {
    if (text.find('\0') == std::string_view::npos) return text;
    return pool.store(replace_nul(text));
}

void drop_repeated(std::vector<Member>& members, std::size_t begin) {
    if (members.size() - begin <= kFewMembers) return drop_repeated_of_few(members, begin);
    std::map<std::string_view, std::size_t> place_of;
    std::size_t kept = begin;
    for (std::size_t i = begin; i < members.size(); ++i) {
        const auto [found, is_new] = place_of.try_emplace(members[i].name, kept);
        members[found->second] = members[i];
        if (is_new) ++kept;
    }
    members.resize(kept);
}

void collect_members(const JsonValue& object, TextPool& pool, std::vector<Member>& members) {
    const std::size_t begin = members.size();
    for (const auto field : object.object()) {
        members.push_back({clean(field.key, pool).bytes, object.child(field.value)});
    }
    drop_repeated(members, begin);
}

std::size_t ValueWriter::write(std::string& out, const JsonValue& value) {
    switch (value.kind()) {
        case JsonKind::null:
            out.append("null");
            return 0;
        case JsonKind::boolean:
            out.append(value.boolean() ? "true" : "false");
            return 0;
        case JsonKind::integer:
            append_number(out, value.integer());
            return 0;
        case JsonKind::natural:
            append_number(out, value.natural());
            return 0;
        case JsonKind::real:
            append_number(out, value.real());
            return 0;
        case JsonKind::vast:
            out.append(value.vast());
            return 0;
        case JsonKind::text:
            write_text(out, clean(value.text(), pool_).bytes);
            return 0;
        case JsonKind::array:
            return write_array(out, value);
        case JsonKind::object:
            return write_object(out, value);
    }
    return 0;
}

std::size_t ValueWriter::write_named(std::string& out, std::string_view name,
                                     const JsonValue& value) {
    if (!masks_ || value.kind() != JsonKind::text) return write(out, value);
    const std::string_view kind = privacy::secret_kind_of_name(name);
    if (kind.empty() || !privacy::is_secret_value(value.text(), kind)) return write(out, value);
    ++masked_;
    append_json_string(out, privacy::secret_mask(kind));
    return 0;
}

void ValueWriter::write_text(std::string& out, std::string_view text) {
    if (masks_) {
        mask_buffer_.clear();
        if (const std::size_t found = privacy::mask_secrets(text, mask_buffer_); found > 0) {
            masked_ += found;
            text = mask_buffer_;
        }
    }
    append_json_string(out, text);
}

std::size_t ValueWriter::write_array(std::string& out, const JsonValue& value) {
    std::size_t depth = 0;
    out.push_back('[');
    for (const auto element : value.array()) {
        depth = std::max(depth, write(out, value.child(element)));
        out.push_back(',');
    }
    if (out.back() == ',') out.pop_back();
    out.push_back(']');
    return depth + 1;
}

std::size_t ValueWriter::write_object(std::string& out, const JsonValue& value) {
    std::size_t depth = 0;
    const std::size_t begin = members_.size();
    collect_members(value, pool_, members_);
    const std::size_t end = members_.size();
    out.push_back('{');
    for (std::size_t i = begin; i < end; ++i) {
        if (i > begin) out.push_back(',');
        const Member member = members_[i];
        append_json_string(out, member.name);
        out.push_back(':');
        depth = std::max(depth, write_named(out, member.name, member.value));
    }
    out.push_back('}');
    members_.resize(begin);
    return depth + 1;
}

}  // namespace cellmon::event
