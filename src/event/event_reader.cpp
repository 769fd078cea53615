#include "event/event_reader.hpp"

#include <charconv>
#include <string>

#include "event/normal_form_scanner.hpp"

namespace cellmon::event {
namespace {

template <typename T>
bool parse_number(std::string_view text, T& value) {
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    return result.ec == std::errc{} && result.ptr == end;
}

/// Takes one optional value of number type `T` as written.
template <typename T>
bool read_number(NormalFormScanner& scanner, std::optional<T>& member) {
    std::string_view text;
    T value{};
    if (!scanner.atom(text) || !parse_number(text, value)) return false;
    member = value;
    return true;
}

bool read_boolean(NormalFormScanner& scanner, std::optional<bool>& member) {
    std::string_view text;
    if (!scanner.atom(text) || (text != "true" && text != "false")) return false;
    member = text == "true";
    return true;
}

bool read_time(NormalFormScanner& scanner, std::optional<TimeUs>& member) {
    std::string_view text;
    if (!scanner.string(text)) return false;
    member = parse_time(text);
    return member.has_value();
}

bool read_field(NormalFormScanner& scanner, Field field, Event& event) {
    const FieldInfo& about = info(field);
    if (field == Field::email_address) return scanner.string(event.email_address);
    if (field == Field::event_time) {
        std::optional<TimeUs> time;
        if (!read_time(scanner, time)) return false;
        event.event_time_us = *time;
        return true;
    }
    switch (about.kind) {
        case Kind::text:
            return scanner.string((event.*about.text).emplace());
        case Kind::object:
            return scanner.object((event.*about.text).emplace());
        case Kind::integer:
            return read_number(scanner, event.*about.integer);
        case Kind::number:
            return read_number(scanner, event.*about.number);
        case Kind::boolean:
            return read_boolean(scanner, event.*about.boolean);
        case Kind::time:
            return read_time(scanner, event.*about.integer);
    }
    return false;
}

/// Reads the members of an object; `member` gets each name and must take the value.
template <typename Function>
bool read_members(NormalFormScanner& scanner, Function member) {
    if (!scanner.literal('{')) return false;
    if (scanner.literal('}')) return true;
    do {
        std::string_view name;
        if (!scanner.string(name) || !scanner.literal(':') || !member(name)) return false;
    } while (scanner.literal(','));
    return scanner.literal('}');
}

bool read_marks(NormalFormScanner& scanner, Event& event) {
    return read_members(scanner, [&](std::string_view name) {
        std::optional<bool> mark;
        if (name == "cut") return scanner.object(event.cut);
        if (name != "clockBad" && name != "eventTimeMissing") return scanner.skip();
        if (!read_boolean(scanner, mark)) return false;
        (name == "clockBad" ? event.clock_bad : event.event_time_missing) = *mark;
        return true;
    });
}

bool read_event(NormalFormScanner& scanner, Event& event) {
    bool identified = false;
    bool timed = false;
    const bool read = read_members(scanner, [&](std::string_view name) {
        if (const auto field = find_field(name)) {
            identified = identified || *field == Field::email_address;
            timed = timed || *field == Field::event_time;
            return read_field(scanner, *field, event);
        }
        if (name == "extra") return scanner.object(event.extra);
        if (name == "server") return read_marks(scanner, event);
        return scanner.skip();
    });
    return read && scanner.at_end() && identified && timed;
}

}  // namespace

class EventReader::Impl {
  public:
    Result<const Event*> read(std::string_view payload) {
        scratch_.clear();
        scratch_.reserve(payload.size());
        event_ = Event{};
        NormalFormScanner scanner(payload, scratch_);
        if (!read_event(scanner, event_)) {
            return fail(ErrorCode::corrupt, "the payload of the event is not in the normal form");
        }
        return &event_;
    }

  private:
    Event event_;
    std::string scratch_;
};

EventReader::EventReader() : impl_(std::make_unique<Impl>()) {}
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;
EventReader::~EventReader() = default;

Result<const Event*> EventReader::read(std::string_view payload) {
    return impl_->read(payload);
}

}  // namespace cellmon::event
