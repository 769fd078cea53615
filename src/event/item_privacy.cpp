// What may be stored of an item: the level of consent, and secrets.
#include <algorithm>
#include <array>

#include "event/item.hpp"
#include "event/text.hpp"
#include "privacy/secrets.hpp"

namespace cellmon::event {
namespace {

using privacy::Consent;

constexpr FieldSet free_texts() {
    FieldSet fields;
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        if (kFields[i].cut == Cut::text) fields.add(static_cast<Field>(i));
    }
    return fields;
}

constexpr FieldSet kFreeTexts = free_texts();

/// As a class of Python or of another language is written.
bool is_error_name(std::string_view name) {
    constexpr std::size_t kLongest = 128;
    if (name.empty() || name.size() > kLongest || (name[0] >= '0' && name[0] <= '9')) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
    });
}

/// The name at the start of `<name>: <value>`, when it can hardly be anything else.
std::string_view name_in(std::string_view message) {
    const std::string_view name = message.substr(0, message.find(':'));
    constexpr std::array kEndings = std::to_array<std::string_view>(
        {"Error", "Exception", "Warning", "Interrupt", "Exit", "StopIteration"});
    const bool is_known = std::ranges::any_of(
        kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
    return is_known && is_error_name(name) ? name : std::string_view{};
}

}  // namespace

Consent Item::consent(Consent absent) const {
    if (!was_sent(Field::consent)) return absent;
    if (set_fields_.has(Field::consent)) {
        return privacy::consent_named(text(Field::consent)).value_or(Consent::status);
    }
    const JsonValue& sent_value = sent(Field::consent);
    const bool is_blank = sent_value.kind() == JsonKind::text && trim(sent_value.text()).empty();
    return is_blank ? absent : Consent::status;
}

void Item::withhold(Consent most) {
    applied_ = most;
    if (most == Consent::output || !is_object_) return;
    if (most == Consent::status) name_error();
    set_fields_.for_each([&](Field field) {
        if (most < info(field).consent) take_away(field);
    });
    withheld_extra_ = !kept_fields_.empty() || !unknown_.empty();
    kept_fields_ = {};
}

void Item::take_away(Field field) {
    set_fields_.remove(field);
    withheld_.add(field);
    std::erase_if(cuts_, [&](const CutMark& mark) { return mark.name == info(field).name; });
}

void Item::name_error() {
    if (set_fields_.has(Field::error_name)) {
        if (!is_error_name(text(Field::error_name))) take_away(Field::error_name);
        return;
    }
    const std::string_view name = name_in(text(Field::error_message));
    if (!name.empty()) set_text(Field::error_name, {name, true});
}

void Item::shape_texts(bool masks) {
    (set_fields_ & kFreeTexts).for_each([&](Field field) {
        if (masks) mask_text(field);
        const std::size_t most = info(field).max_bytes;
        if (value(field).text.bytes.size() > most) cut_text(field, most);
    });
    if (cuts_.size() < 2) return;
    std::ranges::sort(cuts_, {}, [](const CutMark& mark) { return find_field(mark.name); });
}

void Item::mask_text(Field field) {
    CleanText& whole = values_[index(field)].text;
    mask_buffer_.clear();
    const std::size_t found = privacy::mask_secrets(whole.bytes, mask_buffer_);
    if (found == 0) return;
    masked_ += found;
    whole.bytes = pool_.store(std::move(mask_buffer_));
    mask_buffer_ = {};
}

}  // namespace cellmon::event
