#include "event/event_reader.hpp"

#include <array>
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

/// Which field stood behind which, the last time: events are much alike, and a name that is
/// expected need only be compared.
class Successors {
  public:
    Successors() {
        for (std::size_t i = 0; i < next_.size(); ++i)
            next_[i] = static_cast<std::uint8_t>(i < kFieldCount ? i : 0);
    }
    [[nodiscard]] Field behind(std::size_t place) const { return static_cast<Field>(next_[place]); }
    void note(std::size_t place, Field next) { next_[place] = static_cast<std::uint8_t>(next); }

    static constexpr std::size_t kBegin = 0;
    [[nodiscard]] static std::size_t place_of(Field field) {
        return static_cast<std::size_t>(field) + 1;
    }

  private:
    std::array<std::uint8_t, kFieldCount + 1> next_{};  // Behind the beginning and each field.
};

/// A member that is a field, or another.
bool read_member(NormalFormScanner& scanner, Successors& successors, std::size_t& place,
                 FieldSet wanted, FieldSet& read, Event& event) {
    Field field = successors.behind(place);
    if (!scanner.exactly(info(field).key)) {
        std::string_view name;
        if (!scanner.string(name) || !scanner.literal(':')) return false;
        const auto found = find_field(name);
        if (!found) {
            if (name == "extra") return scanner.object(event.extra);
            if (name == "server") return read_marks(scanner, event);
            return scanner.skip();
        }
        field = *found;
        successors.note(place, field);
    }
    place = Successors::place_of(field);
    read.add(field);
    return wanted.has(field) ? read_field(scanner, field, event) : scanner.skip();
}

bool read_event(NormalFormScanner& scanner, Successors& successors, FieldSet wanted, Event& event) {
    if (!scanner.literal('{')) return false;
    FieldSet read;
    std::size_t place = Successors::kBegin;
    do {
        if (!read_member(scanner, successors, place, wanted, read, event)) return false;
    } while (scanner.literal(','));
    return scanner.literal('}') && scanner.at_end() && read.has(Field::email_address) &&
           read.has(Field::event_time);
}

}  // namespace

class EventReader::Impl {
  public:
    explicit Impl(FieldSet wanted)
        : wanted_(wanted | FieldSet{Field::email_address, Field::event_time}) {}

    Result<const Event*> read(std::string_view payload) {
        scratch_.clear();
        scratch_.reserve(payload.size());
        event_ = Event{};
        NormalFormScanner scanner(payload, scratch_);
        if (!read_event(scanner, successors_, wanted_, event_)) {
            return fail(ErrorCode::corrupt, "the payload of the event is not in the normal form");
        }
        return &event_;
    }

  private:
    const FieldSet wanted_;
    Successors successors_;
    Event event_;
    std::string scratch_;
};

EventReader::EventReader(FieldSet wanted) : impl_(std::make_unique<Impl>(wanted)) {}
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;
EventReader::~EventReader() = default;

Result<const Event*> EventReader::read(std::string_view payload) {
    return impl_->read(payload);
}

}  // namespace cellmon::event
