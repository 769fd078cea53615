#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "event/event.hpp"
#include "exporting/person_export.hpp"

namespace cellmon::exporting {

/// The newest events of a person as rows of a page.
class PersonEvents {
  public:
    void add(const event::Event& event);
    [[nodiscard]] std::string html() const;
    [[nodiscard]] bool is_whole() const { return is_whole_; }

  private:
    static constexpr std::size_t kMost = 2'000;

    std::deque<std::string> rows_;
    bool is_whole_ = true;
};

/// The page to read. `live` and `progress`: JSON, or empty.
[[nodiscard]] std::string person_page(std::string_view email, TimeUs now,
                                      const PersonSummary& summary, const PersonEvents& events,
                                      std::string_view live, std::string_view progress,
                                      bool japanese);

}  // namespace cellmon::exporting
