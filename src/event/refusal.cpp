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

void RefusalWriter::append_bounded(std::string& out, const JsonValue& value,
                                   std::size_t max_bytes) {
    value_.clear();
    values_.write(value_, value);
    if (value_.size() <= max_bytes) {
        out.append(value_);
        return;
    }
    const bool is_text = value.kind() == JsonKind::text;
    std::string shortened(cut_utf8(is_text ? value.text() : std::string_view(value_), max_bytes));
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
    append_bounded(json_, item.whole(), kQuarantineItemBytes);
    json_.push_back('}');
}

}  // namespace cellmon::event
