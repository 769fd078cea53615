#include "event/item.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr TimeUs kOldestUs = 400 * kDayUs;  // before the receive time
constexpr TimeUs kNewestUs = kDayUs;        // after it

static_assert(std::is_trivially_destructible_v<FieldValue>);

constexpr std::size_t kKeyHashDigits = 16;

/// The start of `text` and, after a "~", the start of its hash: equal only for equal texts.
std::string cut_key(std::string_view text, std::size_t max_bytes, std::string_view sha256) {
    std::string key(cut_utf8(text, max_bytes - kKeyHashDigits - 1));
    key.push_back('~');
    key.append(sha256.substr(0, kKeyHashDigits));
    return key;
}

}  // namespace

void Item::clear() {
    is_object_ = false;
    sent_fields_ = {};
    set_fields_ = {};
    kept_fields_ = {};
    unknown_.clear();
    cuts_.clear();
    event_time_us_ = client_time_us_ = 0;
    clock_bad_ = event_time_missing_ = false;
    id_origin_ = IdOrigin::client;
    class_from_key_ = false;
    applied_ = privacy::Consent::output;
    withheld_ = {};
    withheld_extra_ = false;
    masked_ = 0;
    kept_hash_.reset();
    stream_first_ = stream_last_ = 0;
}

void Item::take(const JsonValue& item) {
    clear();
    whole_ = item;
    is_object_ = item.kind() == JsonKind::object;
    if (!is_object_) return;

    for (const auto member : item.object()) {
        const JsonValue value = item.child(member.value);
        if (const auto field = find_field(member.key)) {
            // The last of members with one name counts, also when it is null.
            sent_fields_.remove(*field);
            if (value.kind() != JsonKind::null) sent_fields_.add(*field);
            sent_[index(*field)] = value;
        } else {
            unknown_.push_back({clean(member.key, pool_).bytes, value});
        }
    }
    drop_repeated(unknown_, 0);
    std::erase_if(unknown_, [](const Member& m) { return m.value.kind() == JsonKind::null; });
}

std::uint64_t Item::content_hash(std::uint64_t seed) const {
    if (kept_hash_ && seed == 0) return *kept_hash_;
    if (!is_object_) return hasher_.other(whole_, seed);
    std::uint64_t sum = 0;
    // The id stands beside the hash; two spellings of one UUID are the same event.
    sent_fields_.for_each([&](Field field) {
        if (field != Field::event_id) sum += hasher_.member(field, sent(field), seed);
    });
    for (const Member& member : unknown_)
        sum += hasher_.member(member.name, member.value, seed);
    return sum;
}

std::optional<Fault> Item::read(TimeUs received_us) {
    if (!is_object_) return Fault{"", "an event is an object"};
    std::optional<Fault> fault;
    sent_fields_.for_each([&](Field field) {
        // Made in its place: a copy of small fresh members would wait for each of them.
        FieldValue& value = *::new (&values_[index(field)])
                                FieldValue(read_field_value(info(field), sent(field), pool_));
        if (value.fate == Fate::refused && field == Field::event_time) value.fate = Fate::kept;
        if (value.fate == Fate::kept) kept_fields_.add(field);
        if (value.fate == Fate::set) {
            set_fields_.add(field);
            // Free texts are cut behind their masking: half a secret is no known form.
            if (info(field).cut == Cut::key && value.text.bytes.size() > info(field).max_bytes) {
                cut_text(field, info(field).max_bytes);
            }
        }
        if (value.fate == Fate::refused && !fault) fault = Fault{info(field).name, value.reason};
    });
    if (fault) return fault;
    if (!settle_identity()) {
        return Fault{info(Field::email_address).name, "missing or blank, and there is no userId"};
    }
    if (trim(text(Field::event_id)).empty()) set_fields_.remove(Field::event_id);
    settle_time(received_us);
    settle_stream();
    return std::nullopt;
}

std::optional<Fault> Item::settle_class(std::string_view class_code) {
    if (!is_object_) return std::nullopt;
    const std::string_view named = trim(text(Field::class_code));
    set_text(Field::class_code, {class_code, false});
    const std::size_t most = info(Field::class_code).max_bytes;
    if (class_code.size() > most) cut_text(Field::class_code, most);
    class_from_key_ = named.empty();
    if (named.empty() || named == trim(text(Field::class_code))) return std::nullopt;
    return Fault{info(Field::class_code).name, "names another class than that of the key"};
}

std::string_view Item::text(Field field) const {
    return set_fields_.has(field) ? value(field).text.bytes : std::string_view{};
}

void Item::set_text(Field field, CleanText text) {
    FieldValue& value = values_[index(field)];
    value.fate = Fate::set;
    value.text = text;
    set_fields_.add(field);
}

void Item::keep(Field field) {
    set_fields_.remove(field);
    if (was_sent(field)) kept_fields_.add(field);
}

void Item::cut_text(Field field, std::size_t max_bytes) {
    const FieldInfo& about = info(field);
    if (about.cut == Cut::none) return;
    FieldValue& value = values_[index(field)];
    const std::string_view whole = value.text.bytes;
    std::string sha256 = sha256_hex(whole);
    value.text.bytes = about.cut == Cut::key ? pool_.store(cut_key(whole, max_bytes, sha256))
                                             : cut_utf8(whole, max_bytes);
    const auto known =
        std::ranges::find_if(cuts_, [&](const CutMark& mark) { return mark.name == about.name; });
    // A second cut keeps what the first says of the whole.
    if (known == cuts_.end()) cuts_.push_back({about.name, whole.size(), std::move(sha256)});
}

void Item::shorten_texts(std::size_t max_bytes) {
    set_fields_.for_each([&](Field field) {
        const bool longer = value(field).text.bytes.size() > max_bytes;
        if (info(field).kind == Kind::text && info(field).cut == Cut::text && longer) {
            cut_text(field, max_bytes);
        }
    });
}

void Item::set_id(std::string text, IdOrigin origin) {
    set_text(Field::event_id, {pool_.store(std::move(text)), true});
    id_origin_ = origin;
}

bool Item::settle_identity() {
    for (const Field field : {Field::email_address, Field::user_id}) {
        const std::string_view identity = trim(text(field));
        if (identity.empty()) continue;
        set_text(Field::email_address, {identity, value(field).text.plain});
        return true;
    }
    return false;
}

void Item::settle_time(TimeUs received_us) {
    const bool readable = set_fields_.has(Field::event_time);
    event_time_missing_ = !readable;
    client_time_us_ = readable ? value(Field::event_time).integer : 0;
    clock_bad_ = readable && (client_time_us_ < received_us - kOldestUs ||
                              client_time_us_ > received_us + kNewestUs);
    if (clock_bad_) keep(Field::event_time);
    event_time_us_ = readable && !clock_bad_ ? client_time_us_ : received_us;
    set_fields_.add(Field::event_time);
}

void Item::settle_stream() {
    const bool has_stream = !trim(text(Field::stream_id)).empty();
    const bool has_number = set_fields_.has(Field::stream_sequence);
    const bool has_gap = text(Field::event_type) == "stream_gap" &&
                         set_fields_.has(Field::gap_from) && set_fields_.has(Field::gap_to) &&
                         value(Field::gap_from).integer <= value(Field::gap_to).integer;
    if (!has_stream || (!has_number && !has_gap)) {
        keep(Field::stream_id);
        keep(Field::stream_sequence);
        return;
    }
    const auto number = static_cast<std::uint64_t>(value(Field::stream_sequence).integer);
    if (!has_gap) {
        stream_first_ = stream_last_ = number;
        return;
    }
    stream_first_ = static_cast<std::uint64_t>(value(Field::gap_from).integer);
    stream_last_ = static_cast<std::uint64_t>(value(Field::gap_to).integer);
    if (has_number && number + 1 == stream_first_) stream_first_ = number;
    if (has_number && number == stream_last_ + 1) stream_last_ = number;
}

}  // namespace cellmon::event
