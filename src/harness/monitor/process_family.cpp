#include "harness/monitor/process_family.hpp"

#include <algorithm>

namespace cellmon::harness::monitor {

std::vector<pid_t> family_of(const ProcessTable& table, pid_t root, const std::set<pid_t>& apart) {
    std::vector<pid_t> family;
    const auto first = table.find(root);
    if (first == table.end() || first->second.ended()) return family;
    std::multimap<pid_t, pid_t> children;
    for (const auto& [pid, process] : table)
        children.emplace(process.parent, pid);
    std::set<pid_t> seen{root};
    family.push_back(root);
    for (std::size_t next = 0; next < family.size(); ++next) {
        const auto [from, to] = children.equal_range(family[next]);
        for (auto child = from; child != to; ++child) {
            if (!apart.contains(child->second) && seen.insert(child->second).second)
                family.push_back(child->second);
        }
    }
    return family;
}

std::uint64_t ticks_of(const ProcessTable& table, const std::vector<pid_t>& family) {
    std::uint64_t ticks = 0;
    for (const pid_t pid : family)
        ticks += table.at(pid).ticks;
    return ticks;
}

std::uint64_t pages_of(const std::vector<ProcessPages>& family) {
    std::uint64_t own = 0;
    std::uint64_t shared = 0;
    for (const ProcessPages& pages : family) {
        own += pages.resident - std::min(pages.resident, pages.shared);
        shared = std::max(shared, pages.shared);
    }
    return own + shared;
}

}  // namespace cellmon::harness::monitor
