#include "harness/chaos/chaos.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace cellmon::harness::chaos {

void Chaos::add(const std::string& target, std::unique_ptr<Handle> handle) {
    entries_.push_back({target, std::move(handle)});
}

Handle* Chaos::handle_of(const Step& step) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.target == step.target && entry.handle->takes(step.action);
    });
    return found == entries_.end() ? nullptr : found->handle.get();
}

Result<void> Chaos::check(const Timeline& timeline) const {
    for (const Step& step : timeline.steps) {
        const bool is_known =
            std::any_of(entries_.begin(), entries_.end(),
                        [&](const Entry& entry) { return entry.target == step.target; });
        if (!is_known)
            return fail(ErrorCode::invalid,
                        fmt::format("{} is no target: name it by --pid or --gate", step.target));
        if (handle_of(step) == nullptr)
            return fail(ErrorCode::invalid, fmt::format("{} is nothing that can be done to {}",
                                                        name_of(step.action), step.target));
    }
    return {};
}

Deed Chaos::act(const Step& step) {
    Deed deed;
    deed.at = clock_.now_us();
    deed.at_s =
        began_us_ == 0 ? step.at_s : static_cast<double>(clock_.steady_us() - began_us_) / 1e6;
    deed.action = name_of(step.action);
    deed.target = step.target;
    Handle* const handle = handle_of(step);
    if (handle == nullptr) {
        deed.text = fmt::format("{} is nothing that can be done to {}", deed.action, deed.target);
        return deed;
    }
    auto result = handle->act(step);
    deed.done = result.has_value();
    deed.text = result ? std::move(*result) : std::move(result.error().message);
    return deed;
}

std::vector<Deed> Chaos::restore() {
    std::vector<Deed> deeds;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        if (!entry->handle->is_hurt()) continue;
        Deed deed;
        deed.at = clock_.now_us();
        deed.at_s = began_us_ == 0 ? 0 : static_cast<double>(clock_.steady_us() - began_us_) / 1e6;
        deed.action = "undo";
        deed.target = entry->target;
        const auto result = entry->handle->restore();
        deed.done = result.has_value();
        deed.text = result ? "as it was" : result.error().message;
        deeds.push_back(std::move(deed));
    }
    return deeds;
}

bool Chaos::play(const Timeline& timeline, const Watch& watch) {
    constexpr std::chrono::milliseconds kLook{50};
    began_us_ = clock_.steady_us();
    bool well = true;
    const auto take = [&](const Deed& deed) {
        well = well && deed.done;
        watch.tell(deed);
    };
    const auto wait_until = [&](double at_s) {
        const std::int64_t due_us = began_us_ + static_cast<std::int64_t>(at_s * 1e6);
        while (clock_.steady_us() < due_us && !watch.stop()) {
            const std::chrono::microseconds left(due_us - clock_.steady_us());
            std::this_thread::sleep_for(std::min<std::chrono::microseconds>(left, kLook));
        }
    };
    for (const Step& step : timeline.steps) {
        wait_until(step.at_s);
        if (watch.stop()) break;
        take(act(step));
    }
    wait_until(watch.least_s);
    for (const Deed& deed : restore())
        take(deed);
    return well;
}

}  // namespace cellmon::harness::chaos
