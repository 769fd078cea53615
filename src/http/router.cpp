#include "http/router.hpp"

#include <array>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/assert.hpp"
#include "http/path.hpp"

namespace cellmon::http {

namespace {

constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::other) + 1;

/// The handlers of one pattern.
struct Route {
    std::array<Handler, kMethodCount> handlers;

    /// The names the pattern of each method gives its parameters, in order.
    std::array<std::vector<std::string>, kMethodCount> names;

    [[nodiscard]] bool has(Method method) const {
        return static_cast<bool>(handlers[static_cast<std::size_t>(method)]);
    }
    [[nodiscard]] bool empty() const {
        for (const Handler& handler : handlers) {
            if (handler) return false;
        }
        return true;
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
        if (route.has(method) || head_of_get) name(method);
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

    /// Patterns without parameters, found without a walk.
    std::unordered_map<std::string, const Route*, Hash, std::equal_to<>> exact;

    /// The route for what is left of the path, or null; `values` gets the raw parameters.
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

Router::Router() : table_(std::make_unique<Table>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler) {
    CELLMON_ASSERT(handler != nullptr);
    CELLMON_ASSERT(method != Method::other && pattern.starts_with('/'));
    std::string buffer;
    const std::string canonical(canonical_path(pattern, buffer));
    std::string_view rest = canonical == "/" ? std::string_view() : canonical;
    std::vector<std::string> names;
    Table::Node* node = &table_->root;
    Route* route = nullptr;
    while (!rest.empty()) {
        std::string_view segment = cut_segment(rest);
        CELLMON_ASSERT(!segment.empty());
        if (!segment.starts_with('{')) {
            auto& next = node->literals[std::string(segment)];
            if (next == nullptr) next = std::make_unique<Table::Node>();
            node = next.get();
            continue;
        }
        CELLMON_ASSERT(segment.ends_with('}') && segment.size() > 2);
        segment = segment.substr(1, segment.size() - 2);
        if (segment.ends_with("...")) {
            CELLMON_ASSERT(rest.empty());
            names.emplace_back(segment.substr(0, segment.size() - 3));
            route = &node->rest;
        } else {
            names.emplace_back(segment);
            if (node->parameter == nullptr) node->parameter = std::make_unique<Table::Node>();
            node = node->parameter.get();
        }
    }
    if (route == nullptr) route = &node->route;
    CELLMON_ASSERT(!route->has(method));
    if (names.empty()) table_->exact.emplace(canonical, route);
    route->handlers[static_cast<std::size_t>(method)] = std::move(handler);
    route->names[static_cast<std::size_t>(method)] = std::move(names);
}

Router::Match Router::find(Method method, std::string_view path,
                           std::vector<Parameter>& parameters) const {
    std::string buffer;
    const std::string_view canonical = canonical_path(path, buffer);
    std::vector<std::string_view> values;
    const Route* route = nullptr;
    if (const auto exact = table_->exact.find(canonical); exact != table_->exact.end()) {
        route = exact->second;
    } else if (canonical.starts_with('/')) {
        route = Table::walk(table_->root, canonical == "/" ? "" : canonical, values);
    }
    Match match;
    if (route == nullptr) return match;
    match.path_known = true;
    if (method == Method::head && !route->has(method)) method = Method::get;
    if (!route->has(method)) {
        match.allow = allowed_methods(*route);
        return match;
    }
    const auto index = static_cast<std::size_t>(method);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // The caller has refused paths with invalid escapes before.
        parameters.push_back({route->names[index][i], percent_decode(values[i]).value_or("")});
    }
    match.handler = &route->handlers[index];
    return match;
}

}  // namespace cellmon::http
