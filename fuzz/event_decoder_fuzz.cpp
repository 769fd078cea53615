// Any bytes, as a body in either form: no crash, and every accepted event is one that the reader
// takes, with its views in the batch.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "base/crc32c.hpp"
#include "event/arena.hpp"
#include "event/decode.hpp"
#include "event/event_reader.hpp"
#include "event/execution_status.hpp"

namespace {

using namespace cellmon;
using namespace cellmon::event;

constexpr TimeUs kReceived = 1'795'455'793'000'000;

void check_accepted(const DecodedEvent& decoded, const DecodeLimits& limits, Batch& batch,
                    EventReader& reader) {
    CELLMON_ASSERT(batch.arena().owns(decoded.payload));
    CELLMON_ASSERT(decoded.payload.size() <= limits.item_bytes);
    CELLMON_ASSERT(decoded.payload_crc == crc32c(decoded.payload));
    CELLMON_ASSERT(decoded.stream_id.empty() == (decoded.stream_first == 0));
    CELLMON_ASSERT(decoded.stream_first <= decoded.stream_last);
    const auto event = reader.read(decoded.payload);
    CELLMON_ASSERT(event.has_value());
    CELLMON_ASSERT((*event)->email_address == decoded.email && !decoded.email.empty());
    CELLMON_ASSERT(Id128::from_text((*event)->event_id.value()) == decoded.id);
    (void)execution_status_of(**event);
}

void check_refused(const RefusedItem& refused, Batch& batch) {
    for (const std::string_view view :
         {refused.field, refused.reason, refused.answer_json, refused.quarantine_payload,
          refused.email, refused.class_code, refused.stream_id}) {
        CELLMON_ASSERT(batch.arena().owns(view));
    }
    CELLMON_ASSERT(!refused.answer_json.empty());
    CELLMON_ASSERT(refused.quarantined == (refused.stream_number > 0));
}

}  // namespace

/// The first byte chooses form and limits, the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    DecodeLimits limits;
    if ((data[0] & 2) != 0) limits = {.items = 3, .nesting = 2, .item_bytes = 700};
    const BodyForm form = (data[0] & 1) != 0 ? BodyForm::ndjson : BodyForm::json;
    const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);

    SeededRandom random(1);
    Decoder decoder(limits, random);
    EventReader reader;
    auto batch = decoder.decode(body, form, kReceived);
    if (!batch) {
        CELLMON_ASSERT(batch.error().status == 413 || batch.error().status == 422);
        CELLMON_ASSERT(!batch.error().detail_json.empty());
        return 0;
    }
    CELLMON_ASSERT(batch->events.size() + batch->refused.size() == batch->total_items);
    CELLMON_ASSERT(batch->total_items <= limits.items);
    for (const DecodedEvent& event : batch->events)
        check_accepted(event, limits, *batch, reader);
    for (const RefusedItem& item : batch->refused)
        check_refused(item, *batch);

    // What is stored can be sent: it is accepted again, under the same id.
    if (!batch->events.empty() && batch->events[0].payload.size() < limits.item_bytes / 2) {
        const auto again = decoder.decode(batch->events[0].payload, BodyForm::json, kReceived);
        CELLMON_ASSERT(again.has_value() && again->events.size() == 1);
        CELLMON_ASSERT(again->events[0].id == batch->events[0].id);
    }
    return 0;
}
