#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "event/event.hpp"  // generated from schema/event.schema.json: struct Event
#include "event/field_set.hpp"

namespace cellmon::event {

/// Reads the normalised JSON that the journal holds back into an Event. One thread each. The
/// Event's views point into the payload and into the reader: they are valid until the next call and
/// while the payload is.
class EventReader {
  public:
    EventReader() : EventReader(FieldSet::all()) {}
    /// Reads of each payload emailAddress, eventTime and what is in `wanted`; passes over all else,
    /// whatever stands there.
    explicit EventReader(FieldSet wanted);
    EventReader(EventReader&&) noexcept;
    EventReader& operator=(EventReader&&) noexcept;
    ~EventReader();

    /// ErrorCode::corrupt when the payload is not what this program writes. Members in any order,
    /// and members that this version does not know, are read (and the latter passed over), so that
    /// payloads of other versions stay readable.
    Result<const Event*> read(std::string_view payload);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::event
