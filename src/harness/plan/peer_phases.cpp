#include "harness/plan/peer_phases.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace cellmon::harness::plan {
namespace {

using report::Words;

/// What a kind asks of a server besides a route for events.
struct KindNeed {
    std::string_view kind;
    const char* ja;
    const char* en;
};
constexpr std::array<KindNeed, 6> kKindNeeds{{
    {"offline_sync", "イベントごとに結果を返す一括登録ルートが必要です",
     "it needs a bulk route with a result for each event"},
    {"lms", "クラス、課題、提出物の API が必要です",
     "it needs an API for classes, assignments and submissions"},
    {"broadcast", "ライブ配信の WebSocket が必要です", "it needs the live WebSocket"},
    {"cross_store", "比較する PostgreSQL と InfluxDB が必要です",
     "it needs PostgreSQL and InfluxDB to compare"},
    {"transactions", "クラス、提出物、成績の API が必要です",
     "it needs an API for classes, submissions and grades"},
    {"backup", "バックアップと復元のコマンドが必要です",
     "it needs commands to back up and restore"},
}};

Words not_described(const std::string& ja, const std::string& en) {
    return {"ターゲットプロファイルが記述するのはイベントのルートだけです：" + ja,
            "a target profile describes a route for events alone: " + en};
}

std::optional<Words> lack_for_faults(const Site& site, const Phase& phase) {
    for (const PlannedFault& fault : phase.faults) {
        if (fault.target != "server")
            return Words{"ターゲットプロファイルが記述するのはサーバーだけで、" + fault.target +
                             " はありません",
                         "a target profile describes a server alone, and no " + fault.target};
        if (!site.starts_server())
            return Words{"このサーバーは計画が起動したものではないため、障害を与えられません",
                         "the server was started by somebody else, and the plan may not hurt it"};
        if (fault.kind == "disk_full")
            return Words{
                "ターゲットプロファイルには、どのデータを小さいディスクに置くかの記述がありません",
                "a target profile does not say what of the server may lie on a small disk"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Words> lack_of_peer(const Site& site, const Phase& phase) {
    if (site.peer() == nullptr) return std::nullopt;
    const std::string_view kind = phase.kind->name;
    const auto* const need = std::find_if(kKindNeeds.begin(), kKindNeeds.end(),
                                          [&](const KindNeed& one) { return one.kind == kind; });
    if (need != kKindNeeds.end()) return not_described(need->ja, need->en);
    if (kind == "faults") return lack_for_faults(site, phase);
    if (kind == "resources" || kind == "soak") {
        if (const auto watch = site.peer()->watch(); !watch)
            return Words{"サーバーのプロセスが見えないため、CPU とメモリを測定できません（" +
                             watch.error().message + "）",
                         "CPU and memory cannot be measured: " + watch.error().message};
    }
    if (kind == "availability" && site.peer()->profile().ready.empty())
        return not_described("稼働確認のルート（ready）がありません",
                             "it names none to ask whether the server is well (ready)");
    return std::nullopt;
}

}  // namespace cellmon::harness::plan
