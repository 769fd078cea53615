#include "event/refusal.hpp"

#include "base/crc32c.hpp"
#include "event/arena.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr std::size_t kAnswerValueBytes = 256;
constexpr std::size_t kQuarantineItemBytes = 64U << 10U;
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

void append_text_member(std::string& out, std::string_view key, std::string_view text) {
    out.append(key);
    append_json_string(out, text);
}

}  // namespace

RefusedItem RefusalWriter::write(const Item& item, std::size_t index, const Fault& fault,
                                 Batch::Arena& arena) {
    RefusedItem refused;
    refused.index = index;
    refused.field = arena.store(fault.field);
    refused.reason = arena.store(fault.reason);
    write_answer(item, refused);
    refused.answer_json = arena.store(json_);

    const bool numbered =
        !trim(item.text(Field::stream_id)).empty() && item.set_fields().has(Field::stream_sequence);
    if (!numbered) return refused;
    const std::string_view email = trim(item.text(Field::email_address));
    refused.quarantined = true;
    refused.email = arena.store(email.empty() ? trim(item.text(Field::user_id)) : email);
    refused.class_code = arena.store(item.text(Field::class_code));
    refused.stream_id = arena.store(item.text(Field::stream_id));
    refused.stream_number = static_cast<std::uint64_t>(item.value(Field::stream_sequence).integer);
    refused.content_hash = item.content_hash();
    refused.quarantine_id = content_id(refused.content_hash, item.content_hash(kQuarantineIdSeed),
                                       0, kQuarantineIdSeed);
    write_quarantine(item, refused);
    refused.quarantine_payload = arena.store(json_);
    refused.payload_crc = crc32c(refused.quarantine_payload);
    return refused;
}

std::string RefusalWriter::storable(const Item& item) {
    write_stored(item);
    const std::string_view level = privacy::name_of(item.applied_consent());
    const bool is_said = item.text(Field::consent) == level;
    if (is_said || item.applied_consent() == privacy::Consent::output) return value_;
    // Behind its other members, where the last of one name counts: never more than now.
    value_.pop_back();
    if (value_.size() > 1) value_.push_back(',');
    append_text_member(value_, info(Field::consent).key, level);
    value_.push_back('}');
    return value_;
}

void RefusalWriter::append_bounded(std::string& out, const JsonValue& value,
                                   std::size_t max_bytes) {
    value_.clear();
    values_.write(value_, value);
    const bool is_long_text = value.kind() == JsonKind::text && value_.size() > max_bytes;
    if (!is_long_text) return append_bounded_json(out, value_, max_bytes);
    std::string shortened(cut_utf8(value.text(), max_bytes));
    shortened.append(kEllipsis);
    append_json_string(out, shortened);
}

void RefusalWriter::write_answer(const Item& item, const RefusedItem& refused) {
    json_.assign(1, '{');
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        if (!kFields[i].in_contract) continue;
        json_.append(kFields[i].key);
        if (item.was_sent(static_cast<Field>(i))) {
            append_bounded(json_, item.sent(static_cast<Field>(i)), kAnswerValueBytes);
        } else {
            json_.append("null");
        }
        json_.push_back(',');
    }
    json_.append("\"index\":");
    append_number(json_, std::uint64_t{refused.index});
    append_text_member(json_, ",\"field\":", refused.field);
    append_text_member(json_, ",\"reason\":", refused.reason);
    json_.push_back('}');
}

void RefusalWriter::write_quarantine(const Item& item, const RefusedItem& refused) {
    json_.assign(1, '{');
    append_text_member(json_, "\"reason\":", refused.reason);
    append_text_member(json_, ",\"field\":", refused.field);
    json_.append(",\"index\":");
    append_number(json_, std::uint64_t{refused.index});
    append_text_member(json_, ",\"emailAddress\":", refused.email);
    append_text_member(json_, ",\"streamId\":", refused.stream_id);
    json_.append(",\"streamSequence\":");
    append_number(json_, refused.stream_number);
    json_.append(",\"item\":");
    write_stored(item);
    append_bounded_json(json_, value_, kQuarantineItemBytes);
    if (item.applied_consent() != privacy::Consent::output) {
        append_text_member(json_, ",\"consent\":", privacy::name_of(item.applied_consent()));
    }
    json_.push_back('}');
}

/// Into `value_`. Below the highest level only what is known to be a field's value: one of another
/// type may hold anything.
void RefusalWriter::write_stored(const Item& item) {
    value_.clear();
    if (item.applied_consent() == privacy::Consent::output) {
        stored_values_.write(value_, item.whole());
        return;
    }
    value_.push_back('{');
    item.set_fields().for_each([&](Field field) {
        const bool is_made = field == Field::error_name && !item.was_sent(field);
        if (!is_made && !item.was_sent(field)) return;
        value_.append(info(field).key);
        if (is_made) {
            append_json_string(value_, item.text(field));
        } else {
            stored_values_.write(value_, item.sent(field));
        }
        value_.push_back(',');
    });
    if (value_.size() > 1) value_.pop_back();
    value_.push_back('}');
}

void RefusalWriter::append_bounded_json(std::string& out, std::string_view json,
                                        std::size_t max_bytes) {
    if (json.size() <= max_bytes) {
        out.append(json);
        return;
    }
    std::string shortened(cut_utf8(json, max_bytes));
    shortened.append(kEllipsis);
    append_json_string(out, shortened);
}

}  // namespace cellmon::event
