#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "privacy/consent.hpp"

namespace cellmon::privacy {

/// What the classroom's rows say of consent, all at once.
struct ConsentRows {
    struct OfClass {
        std::string class_code;
        std::optional<Consent> most;  ///< nullopt: the class lowers nothing.

        bool operator==(const OfClass&) const = default;
    };
    /// A student on the roster of a class that lowers the level; the strictest of several classes.
    struct OfStudent {
        std::string email_key;  ///< Small letters (ASCII).
        Consent most = Consent::output;

        bool operator==(const OfStudent&) const = default;
    };
    std::vector<OfClass> classes;  ///< All there are, by code.
    std::vector<OfStudent> students;

    bool operator==(const ConsentRows&) const = default;
};

/// To which level classes lower the consent of their students, in memory: no database is asked on
/// the way of an event. The class that an event names decides; the roster where it names none that
/// there is (docs/decisions/0008-whose-students.md). Any thread.
class ClassConsents {
  public:
    /// What held at one moment; it does not change any more.
    class Page {
      public:
        Page() = default;
        explicit Page(const ConsentRows& rows);

        [[nodiscard]] Consent most(std::string_view class_code, std::string_view email) const;

      private:
        struct TextHash {
            using is_transparent = void;
            std::size_t operator()(std::string_view text) const {
                return std::hash<std::string_view>{}(text);
            }
        };
        using Levels = std::unordered_map<std::string, Consent, TextHash, std::equal_to<>>;

        Levels classes_;
        Levels students_;
    };

    /// nullptr when it is not known what classes say, because a file of it is damaged and the
    /// database has not answered since: nothing can be stored without breaking somebody's word.
    [[nodiscard]] std::shared_ptr<const Page> page() const;

    void replace(const ConsentRows& rows);

    /// It is not known any more, or not yet.
    void forget();

  private:
    mutable std::mutex mutex_;  ///< Held for a copy of the pointer.
    std::shared_ptr<const Page> page_ = std::make_shared<const Page>();
};

/// The rows as the text of a file, so that a server which starts without its database knows them.
[[nodiscard]] std::string text_of_consents(const ConsentRows& rows);

/// corrupt when it is no such text as a whole; newer_format for one of a later program.
Result<ConsentRows> consents_of_text(std::string_view text);

}  // namespace cellmon::privacy
