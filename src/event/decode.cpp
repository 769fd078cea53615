#include "event/decode.hpp"

#include <unordered_map>

#include "base/crc32c.hpp"
#include "event/arena.hpp"
#include "event/body_error.hpp"
#include "event/canonical.hpp"
#include "event/document_parser.hpp"
#include "event/item.hpp"
#include "event/json_fault.hpp"
#include "event/payload_writer.hpp"
#include "event/refusal.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kErrorInputBytes = 256;

/// The working memory of a body larger than this is given back: it is many times the body's size.
constexpr std::size_t kKeptBodyBytes = 1U << 20U;

/// Calls `line` with each line that is not blank.
template <typename Function>
void for_each_line(std::string_view text, Function line) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view one = text.substr(0, end);
        if (one.find_first_not_of(kSpace) != std::string_view::npos) line(one);
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

Batch::Batch() : arena_(std::make_unique<Arena>()) {}
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::~Batch() = default;

class Decoder::Impl {
  public:
    Impl(DecodeLimits limits, RandomSource& random, privacy::Options privacy)
        : limits_(limits), random_(random), privacy_(privacy) {}

    /// One with the same settings and no memory yet.
    [[nodiscard]] std::unique_ptr<Impl> renewed() const {
        return std::make_unique<Impl>(limits_, random_, privacy_);
    }

    tl::expected<Batch, BodyError> decode(std::string_view body, BodyForm form, TimeUs received_us,
                                          const About& about) {
        received_us_ = received_us;
        about_ = about;
        occurrences_.clear();
        if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
        if (body.empty()) return tl::unexpected(missing_body());

        Batch batch;
        batch.arena().expect(body.size() + body.size() / 2);
        const std::string_view loaded = parser_.load(body);
        const auto error =
            form == BodyForm::json ? decode_json(loaded, batch) : decode_lines(loaded, batch);
        pool_.clear();
        if (error) return tl::unexpected(*error);
        return batch;
    }

    Storable storable(std::string_view object, TimeUs received_us, const About& about) {
        received_us_ = received_us;
        about_ = about;
        Storable made;
        const auto document = parser_.parse(parser_.load(object));
        if (document && document->kind() == JsonKind::object) {
            item_.take(*document);
            // What is wrong with it is said when it is decoded.
            static_cast<void>(item_.read(received_us_));
            settle_class_and_consent();
            made.content_hash = item_.content_hash();
            made.json = refusals_.storable(item_);
        } else {
            made.json = "{}";
        }
        pool_.clear();
        return made;
    }

  private:
    std::optional<BodyError> decode_json(std::string_view body, Batch& batch) {
        const auto document = parser_.parse(body);
        if (!document) {
            return broken_json(body, document.error() == DocumentParser::Failure::too_deep);
        }
        if (document->kind() == JsonKind::object) {
            batch.total_items = 1;
            add(*document, 0, batch);
            return std::nullopt;
        }
        if (document->kind() != JsonKind::array) {
            std::string input;
            refusals_.append_bounded(input, *document, kErrorInputBytes);
            return not_a_list(input);
        }
        // array::size() stops counting at 2^24-1, far above any limit.
        const auto array = document->array();
        batch.total_items = array.size();
        if (batch.total_items > limits_.items) {
            return too_many_items(batch.total_items, limits_.items);
        }
        batch.events.reserve(batch.total_items);
        std::size_t index = 0;
        for (const auto element : array)
            add(document->child(element), index++, batch);
        return std::nullopt;
    }

    std::optional<BodyError> decode_lines(std::string_view body, Batch& batch) {
        for_each_line(body, [&](std::string_view) { ++batch.total_items; });
        if (batch.total_items > limits_.items) {
            return too_many_items(batch.total_items, limits_.items);
        }
        batch.events.reserve(batch.total_items);
        std::size_t index = 0;
        for_each_line(body, [&](std::string_view line) {
            if (const auto document = parser_.parse(line)) {
                add(*document, index++, batch);
            } else {
                refuse_line(line, document.error(), index++, batch);
            }
        });
        return std::nullopt;
    }

    void refuse_line(std::string_view line, DocumentParser::Failure failure, std::size_t index,
                     Batch& batch) {
        std::string reason = "nesting is too deep";
        if (failure == DocumentParser::Failure::broken) {
            const auto fault = find_json_fault(line).value_or(JsonFault{0, "not acceptable"});
            reason = "the line is not JSON: " + std::string(fault.message) + " (character " +
                     std::to_string(fault.offset) + ")";
        }
        item_.clear();
        batch.refused.push_back(refusals_.write(item_, index, {"", reason}, batch.arena()));
    }

    void add(const JsonValue& value, std::size_t index, Batch& batch) {
        pool_.clear();
        item_.take(value);
        if (index < about_.content_hashes.size() && about_.content_hashes[index]) {
            item_.keep_hash(*about_.content_hashes[index]);
        }
        auto fault = item_.read(received_us_);
        if (const auto other = settle_class_and_consent(); !fault) fault = other;
        if (!fault) {
            const std::uint64_t hash = item_.content_hash();
            item_.shape_texts(privacy_.mask_secrets);
            if (!item_.set_fields().has(Field::event_id)) make_id(hash);
            if (payloads_.write(item_, payload_)) return accept(hash, index, batch);
            fault = Fault{"", "larger than one event may be, even when cut"};
        }
        batch.refused.push_back(refusals_.write(item_, index, *fault, batch.arena()));
    }

    std::optional<Fault> settle_class_and_consent() {
        std::optional<Fault> fault;
        if (!about_.class_code.empty()) fault = item_.settle_class(about_.class_code);
        auto level =
            privacy::stricter(item_.consent(privacy_.default_consent), privacy_.greatest_consent);
        if (about_.classes != nullptr) {
            std::string_view email = trim(item_.text(Field::email_address));
            if (email.empty()) email = trim(item_.text(Field::user_id));
            level = privacy::stricter(
                level, about_.classes->most(trim(item_.text(Field::class_code)), email));
        }
        item_.withhold(level);
        return fault;
    }

    void make_id(std::uint64_t hash) {
        if (!item_.was_sent(Field::event_time)) {
            return item_.set_id(random_.id().to_string(), IdOrigin::random);
        }
        const std::uint64_t occurrence = occurrences_[hash]++;
        const Id128 id =
            content_id(hash, item_.content_hash(kContentIdSeed), occurrence, kContentIdSeed);
        item_.set_id(id.to_string(), IdOrigin::content);
    }

    void accept(std::uint64_t hash, std::size_t index, Batch& batch) {
        Batch::Arena& arena = batch.arena();
        const std::string_view type = item_.text(Field::event_type);
        DecodedEvent event;
        event.index = index;
        event.id = Id128::from_text(item_.text(Field::event_id));
        event.content_hash = hash;
        event.payload = arena.store(payload_);
        event.payload_crc = crc32c(event.payload);
        event.event_type = type.empty() ? std::string_view("unknown") : arena.store(type);
        event.email = arena.store(item_.text(Field::email_address));
        event.class_code = arena.store(item_.text(Field::class_code));
        event.stream_id = arena.store(item_.text(Field::stream_id));
        event.stream_first = item_.stream_first();
        event.stream_last = item_.stream_last();
        event.client_time_us = item_.client_time_us();
        batch.events.push_back(event);
    }

    DecodeLimits limits_;
    RandomSource& random_;
    TimeUs received_us_ = 0;
    privacy::Options privacy_;
    About about_;  // of the caller, while it decodes
    std::unordered_map<std::uint64_t, std::uint64_t> occurrences_;  // of events without an id

    DocumentParser parser_;
    TextPool pool_;
    CanonicalHasher hasher_{pool_};
    Item item_{pool_, hasher_};
    PayloadWriter payloads_{limits_, pool_, privacy_.mask_secrets};
    RefusalWriter refusals_{pool_, privacy_.mask_secrets};
    std::string payload_;
};

Decoder::Decoder(DecodeLimits limits, RandomSource& random, privacy::Options privacy)
    : impl_(std::make_unique<Impl>(limits, random, privacy)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

tl::expected<Batch, BodyError> Decoder::decode(std::string_view body, BodyForm form,
                                               TimeUs received_us, const About& about) {
    auto batch = impl_->decode(body, form, received_us, about);
    if (body.size() > kKeptBodyBytes) impl_ = impl_->renewed();
    return batch;
}

Decoder::Storable Decoder::storable(std::string_view object, TimeUs received_us,
                                    const About& about) {
    auto made = impl_->storable(object, received_us, about);
    if (object.size() > kKeptBodyBytes) impl_ = impl_->renewed();
    return made;
}

}  // namespace cellmon::event
