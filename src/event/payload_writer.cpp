#include "event/payload_writer.hpp"

#include "event/text.hpp"

namespace cellmon::event {
namespace {

/// An item that is still too large without its objects has its texts cut to this part of
/// `item_bytes`: small enough that all of them fit, even when every character is escaped.
constexpr std::size_t kTextShare = 64;

void append_text(std::string& out, const CleanText& text) {
    if (!text.plain) return append_json_string(out, text.bytes);
    out.push_back('"');
    out.append(text.bytes);
    out.push_back('"');
}

}  // namespace

bool PayloadWriter::write(Item& item, std::string& out) {
    write(item, out, Objects::keep);
    if (out.size() <= limits_.item_bytes) return true;
    write(item, out, Objects::cut);
    if (out.size() <= limits_.item_bytes) return true;
    item.shorten_texts(limits_.item_bytes / kTextShare);
    write(item, out, Objects::cut);
    return out.size() <= limits_.item_bytes;
}

void PayloadWriter::write(const Item& item, std::string& out, Objects objects) {
    cuts_ = item.cuts();
    values_.set_masked(0);
    out.assign(1, '{');
    item.set_fields().for_each([&](Field field) { write_field(item, field, out, objects); });
    write_extra(item, out, objects);
    write_marks(item, out);
    // Every member, also the last, ended with a comma; eventTime is always there.
    out.back() = '}';
}

void PayloadWriter::write_field(const Item& item, Field field, std::string& out, Objects objects) {
    const FieldInfo& about = info(field);
    const FieldValue& value = item.value(field);
    if (about.kind == Kind::object) return write_object(item, field, out, objects);
    out.append(about.key);
    switch (about.kind) {
        case Kind::text:
            append_text(out, value.text);
            break;
        case Kind::integer:
            append_number(out, value.integer);
            break;
        case Kind::number:
            append_number(out, value.number);
            break;
        case Kind::boolean:
            out.append(value.boolean ? "true" : "false");
            break;
        case Kind::time:
            out.push_back('"');
            append_time(out, field == Field::event_time ? item.event_time_us() : value.integer);
            out.push_back('"');
            break;
        case Kind::object:
            break;
    }
    out.push_back(',');
}

void PayloadWriter::write_object(const Item& item, Field field, std::string& out, Objects objects) {
    const FieldInfo& about = info(field);
    const std::size_t before = out.size();
    out.append(about.key);
    const std::size_t begin = out.size();
    const std::size_t masked = values_.masked();
    const std::size_t depth = values_.write(out, item.sent(field));
    const std::string_view json = std::string_view(out).substr(begin);
    if (objects == Objects::cut || depth > limits_.nesting || json.size() > about.max_bytes) {
        mark_cut(about.name, json);
        values_.set_masked(masked);
        out.resize(before);
        return;
    }
    out.push_back(',');
}

void PayloadWriter::write_extra(const Item& item, std::string& out, Objects objects) {
    if (item.kept_fields().empty() && item.unknown().empty()) return;
    extra_.assign(1, '{');
    const std::size_t masked = values_.masked();
    item.kept_fields().for_each(
        [&](Field field) { write_extra_member(info(field).name, item.sent(field), objects); });
    for (const Member& member : item.unknown()) {
        write_extra_member(member.name, member.value, objects);
    }
    if (extra_.size() == 1) return;
    extra_.back() = '}';
    if (objects == Objects::cut) {
        values_.set_masked(masked);
        return mark_cut("extra", extra_);
    }
    out.append("\"extra\":");
    out.append(extra_);
    out.push_back(',');
}

void PayloadWriter::write_extra_member(std::string_view name, const JsonValue& value,
                                       Objects objects) {
    const std::size_t before = extra_.size();
    append_json_string(extra_, name);
    extra_.push_back(':');
    const std::size_t begin = extra_.size();
    const std::size_t masked = values_.masked();
    const std::size_t depth = values_.write_named(extra_, name, value);
    if (depth > limits_.nesting && objects == Objects::keep) {
        mark_cut(name, std::string_view(extra_).substr(begin));
        values_.set_masked(masked);
        extra_.resize(before);
        return;
    }
    extra_.push_back(',');
}

void PayloadWriter::write_marks(const Item& item, std::string& out) const {
    const std::size_t before = out.size();
    out.append("\"server\":{");
    const std::size_t begin = out.size();
    if (item.clock_bad()) out.append("\"clockBad\":true,");
    if (item.event_time_missing()) out.append("\"eventTimeMissing\":true,");
    if (!cuts_.empty()) write_cuts(out);
    if (item.class_from_key()) out.append("\"classFrom\":\"key\",");
    if (item.id_origin() == IdOrigin::content) out.append("\"idFrom\":\"content\",");
    if (item.id_origin() == IdOrigin::random) out.append("\"idFrom\":\"random\",");
    if (item.applied_consent() != privacy::Consent::output) write_consent(item, out);
    if (const std::size_t masked = item.masked() + values_.masked(); masked > 0) {
        out.append("\"masked\":");
        append_number(out, std::uint64_t{masked});
        out.push_back(',');
    }
    if (out.size() == begin) {
        out.resize(before);
        return;
    }
    out.back() = '}';
    out.push_back(',');
}

void PayloadWriter::write_cuts(std::string& out) const {
    out.append("\"cut\":{");
    for (const CutMark& mark : cuts_) {
        append_json_string(out, mark.name);
        out.append(":{\"bytes\":");
        append_number(out, std::uint64_t{mark.bytes});
        out.append(",\"sha256\":\"");
        out.append(mark.sha256);
        out.append("\"},");
    }
    out.back() = '}';
    out.push_back(',');
}

void PayloadWriter::write_consent(const Item& item, std::string& out) {
    out.append("\"consent\":\"").append(privacy::name_of(item.applied_consent()));
    out.append("\",");
    if (item.withheld().empty() && !item.withheld_extra()) return;
    out.append("\"withheld\":[");
    item.withheld().for_each([&](Field field) {
        append_json_string(out, info(field).name);
        out.push_back(',');
    });
    if (item.withheld_extra()) out.append("\"extra\",");
    out.back() = ']';
    out.push_back(',');
}

void PayloadWriter::mark_cut(std::string_view name, std::string_view whole) {
    cuts_.push_back({name, whole.size(), sha256_hex(whole)});
}

}  // namespace cellmon::event
