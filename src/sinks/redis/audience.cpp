#include "sinks/redis/audience.hpp"

#include <algorithm>
#include <vector>

namespace cellmon::redis {
namespace {

bool has_replicas(const redisReply& role) {
    const auto parts = elements_of(role);
    return parts.size() < 3 || text_of(*parts[0]) != "master" || !elements_of(*parts[2]).empty();
}

}  // namespace

Audience Audience::everybody() {
    Audience all;
    all.channels_.set();
    return all;
}

void Audience::ask(Link& link) {
    std::vector<std::string_view> subscribers{"PUBSUB", "NUMSUB"};
    subscribers.insert(subscribers.end(), kChannels.begin(), kChannels.end());
    link.add(subscribers);
    link.add({"PUBSUB", "NUMPAT"});
    link.add({"ROLE"});
}

Result<Audience> Audience::take(Link& link) {
    CELLMON_TRY_ASSIGN(const auto subscribers, link.receive());
    CELLMON_TRY_ASSIGN(const auto patterns, link.receive());
    CELLMON_TRY_ASSIGN(const auto role, link.receive());
    if (is_error(*subscribers) || is_error(*patterns) || patterns->integer > 0 ||
        has_replicas(*role)) {
        return everybody();
    }
    Audience found;
    for (std::size_t at = 0; at < kChannels.size(); ++at) {
        const redisReply* count = member(*subscribers, kChannels.at(at));
        found.channels_[at] = count == nullptr || count->integer > 0;
    }
    return found;
}

bool Audience::hears(std::string_view channel) const {
    const auto* const found = std::ranges::find(kChannels, channel);
    return found != kChannels.end() &&
           channels_[static_cast<std::size_t>(found - kChannels.begin())];
}

}  // namespace cellmon::redis
