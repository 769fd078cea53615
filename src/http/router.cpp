#include "http/router.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/assert.hpp"
#include "base/percent.hpp"
#include "http/path.hpp"

namespace cellmon::http {

namespace {

constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::other) + 1;

/// The handlers of one pattern.
struct Route {
    std::array<Handler, kMethodCount> handlers;

    /// The names the pattern of each method gives its parameters, in order.
    std::array<std::vector<std::string>, kMethodCount> names;

    UpgradeRoute upgrade;
    std::vector<std::string> upgrade_names;

    [[nodiscard]] bool has(Method method) const {
        return static_cast<bool>(handlers[static_cast<std::size_t>(method)]);
    }
    [[nodiscard]] bool empty() const {
        for (const Handler& handler : handlers) {
            if (handler) return false;
        }
        return !upgrade.handler;
    }
};

std::string allowed_methods(const Route& route) {
    std::string allow;
    const auto name = [&](Method method) {
        if (!allow.empty()) allow += ", ";
        allow += name_of(method);
    };
    for (const Method method :
         {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_}) {
        const bool head_of_get = method == Method::head && route.has(Method::get);
        const bool upgrade = method == Method::get && route.upgrade.handler;
        if (route.has(method) || head_of_get || upgrade) name(method);
    }
    name(Method::options);
    return allow;
}

/// Cuts the next segment off `rest`, which begins with a slash or is empty.
std::string_view cut_segment(std::string_view& rest) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    return segment;
}

void name_values(const std::vector<std::string>& names, const std::vector<std::string_view>& values,
                 std::vector<Parameter>& parameters) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        // The caller has refused paths with invalid escapes before.
        parameters.push_back({names[i], percent_decode(values[i]).value_or("")});
    }
}

}  // namespace

struct Router::Table {
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
        std::unique_ptr<Node> parameter;
        Route route;  ///< Of the pattern that ends here.
        Route rest;   ///< Of the pattern that ends here with `{name...}`.
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };

    Node root;
    std::set<std::string, std::less<>> any_origin;  ///< Canonical paths.

    /// Patterns without parameters, found without a walk.
    std::unordered_map<std::string, const Route*, Hash, std::equal_to<>> exact;

    /// The route of a pattern, made if it is new; `names` gets the pattern's parameters.
    Route& insert(std::string_view pattern, std::vector<std::string>& names);

    /// The route of a canonical path, or null; `values` gets the raw parameters, views into `path`.
    [[nodiscard]] const Route* find(std::string_view path,
                                    std::vector<std::string_view>& values) const;

    /// The route for what is left of the path.
    static const Route* walk(const Node& node, std::string_view rest,
                             std::vector<std::string_view>& values);
};

const Route* Router::Table::walk(const Node& node, std::string_view rest,
                                 std::vector<std::string_view>& values) {
    if (rest.empty()) return node.route.empty() ? nullptr : &node.route;
    std::string_view behind = rest;
    const std::string_view segment = cut_segment(behind);
    if (!node.literals.empty()) {
        const auto decoded = percent_decode(segment);
        const auto literal = node.literals.find(decoded ? std::string_view(*decoded) : segment);
        if (literal != node.literals.end()) {
            if (const Route* found = walk(*literal->second, behind, values)) return found;
        }
    }
    if (node.parameter != nullptr && !segment.empty()) {
        values.push_back(segment);
        if (const Route* found = walk(*node.parameter, behind, values)) return found;
        values.pop_back();
    }
    if (!node.rest.empty() && rest.size() > 1) {
        values.push_back(rest.substr(1));
        return &node.rest;
    }
    return nullptr;
}

Route& Router::Table::insert(std::string_view pattern, std::vector<std::string>& names) {
    CELLMON_ASSERT(pattern.starts_with('/'));
    std::string buffer;
    const std::string canonical(canonical_path(pattern, buffer));
    std::string_view rest_of_path = canonical == "/" ? std::string_view() : canonical;
    Node* node = &root;
    Route* route = nullptr;
    while (!rest_of_path.empty()) {
        std::string_view segment = cut_segment(rest_of_path);
        CELLMON_ASSERT(!segment.empty());
        if (!segment.starts_with('{')) {
            auto& next = node->literals[std::string(segment)];
            if (next == nullptr) next = std::make_unique<Node>();
            node = next.get();
            continue;
        }
        CELLMON_ASSERT(segment.ends_with('}') && segment.size() > 2);
        segment = segment.substr(1, segment.size() - 2);
        if (segment.ends_with("...")) {
            CELLMON_ASSERT(rest_of_path.empty());
            names.emplace_back(segment.substr(0, segment.size() - 3));
            route = &node->rest;
        } else {
            names.emplace_back(segment);
            if (node->parameter == nullptr) node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
        }
    }
    if (route == nullptr) route = &node->route;
    if (names.empty()) exact.emplace(canonical, route);
    return *route;
}

const Route* Router::Table::find(std::string_view path,
                                 std::vector<std::string_view>& values) const {
    if (const auto found = exact.find(path); found != exact.end()) return found->second;
    if (!path.starts_with('/')) return nullptr;
    return walk(root, path == "/" ? "" : path, values);
}

Router::Router() : table_(std::make_unique<Table>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::open_to_any_origin(std::string_view pattern) {
    std::string buffer;
    table_->any_origin.emplace(canonical_path(pattern, buffer));
}

bool Router::takes_any_origin(std::string_view path) const {
    std::string buffer;
    return table_->any_origin.contains(canonical_path(path, buffer));
}

void Router::add(Method method, std::string_view pattern, Handler handler) {
    CELLMON_ASSERT(handler != nullptr && method != Method::other);
    std::vector<std::string> names;
    Route& route = table_->insert(pattern, names);
    CELLMON_ASSERT(!route.has(method));
    if (guard_) handler = guard_(method, pattern, std::move(handler));
    route.handlers[static_cast<std::size_t>(method)] = std::move(handler);
    route.names[static_cast<std::size_t>(method)] = std::move(names);
}

void Router::add_upgrade(std::string_view pattern, UpgradeHandler handler) {
    CELLMON_ASSERT(handler != nullptr);
    std::vector<std::string> names;
    Route& route = table_->insert(pattern, names);
    CELLMON_ASSERT(!route.upgrade.handler);
    if (sessions_) handler = sessions_(pattern, std::move(handler));
    route.upgrade.handler = std::move(handler);
    if (guard_) {
        route.upgrade.guard =
            guard_(Method::get, pattern, [](Request&& request, Responder responder) {
                Response go_on;
                go_on.status = 101;
                go_on.principal = std::move(request.principal);
                responder.send(std::move(go_on));
            });
    }
    route.upgrade_names = std::move(names);
}

Router::Match Router::find(Method method, std::string_view path,
                           std::vector<Parameter>& parameters) const {
    std::string buffer;
    std::vector<std::string_view> values;
    const Route* route = table_->find(canonical_path(path, buffer), values);
    Match match;
    if (route == nullptr) return match;
    match.path_known = true;
    if (method == Method::head && !route->has(method)) method = Method::get;
    if (!route->has(method)) {
        match.allow = allowed_methods(*route);
        match.needs_upgrade = method == Method::get && route->upgrade.handler;
        return match;
    }
    const auto index = static_cast<std::size_t>(method);
    name_values(route->names[index], values, parameters);
    match.handler = &route->handlers[index];
    return match;
}

const UpgradeRoute* Router::find_upgrade(std::string_view path,
                                         std::vector<Parameter>& parameters) const {
    std::string buffer;
    std::vector<std::string_view> values;
    const Route* route = table_->find(canonical_path(path, buffer), values);
    if (route == nullptr || !route->upgrade.handler) return nullptr;
    name_values(route->upgrade_names, values, parameters);
    return &route->upgrade;
}

}  // namespace cellmon::http
