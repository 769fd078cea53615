#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "event/event.hpp"  // generated from schema/event.schema.json: struct Event

namespace cellmon::event {

/// Reads the normalised JSON that the journal holds back into an Event. One thread each; the Event's views are valid until the next call.
class EventReader {
  public:
    EventReader();
    EventReader(EventReader&&) noexcept;
    ~EventReader();

    /// ErrorCode::corrupt when the payload is not what this program writes.
    Result<const Event*> read(std::string_view payload);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::event
