#include "audit/difference.hpp"

namespace cellmon::audit {

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::missing:
            return "missing";
        case Kind::extra:
            return "extra";
        case Kind::changed:
            return "changed";
        case Kind::doubled:
            return "doubled";
        case Kind::order:
            return "order";
        case Kind::totals:
            return "totals";
    }
    return "unknown";
}

}  // namespace cellmon::audit
