// A backup under load, everything wiped, restored: what was promised before the backup must be
// there.

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "harness/plan/phase_work.hpp"

namespace cellmon::harness::plan {
namespace {

namespace fs = std::filesystem;
using Better = report::Figure::Better;

/// When the backup begins: in the middle of the load.
constexpr double kBackupAt = 0.5;

/// The ledgers as they are now: what was promised until this moment.
Result<std::vector<std::string>> ledgers_now(const PhaseWork& work, const std::string& folder) {
    std::vector<std::string> copies;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(work.phase().id + "-") || !name.ends_with(".ndjson")) continue;
        copies.push_back(fmt::format("{}/before-{}", folder, name));
        fs::copy_file(entry.path(), copies.back(), fs::copy_options::overwrite_existing, error);
        if (error) break;
    }
    if (error) return fail(error_from_errno(error.value(), "copy the ledgers in " + folder));
    return copies;
}

Result<void> judge_restored(PhaseWork& work, const std::vector<std::string>& ledgers) {
    PromiseScope scope;
    scope.ledgers = ledgers;
    // What was sent while the backup was made may be there or not.
    scope.others_allowed = true;
    const auto found = check_promises(work.site(), scope, work.clock());
    if (!found || found->promised == 0) {
        work.judge("backup_restored", std::nullopt,
                   found ? Words{"バックアップ前に確約されたイベントがありません",
                                 "no event was promised before the backup"}
                         : Words{"保存内容を読めませんでした：" + found.error().message,
                                 "what is stored could not be read: " + found.error().message});
        return {};
    }
    const auto promised = static_cast<double>(found->promised);
    const std::uint64_t bad = found->lost + found->doubled + found->wrong;
    const double share = 100 * (promised - std::min(promised, static_cast<double>(bad))) / promised;
    work.judge(
        "backup_restored", share,
        {fmt::format("バックアップ前に確約された {} 件のうち、{} 件が失われ、{} 件が重複し、{} "
                     "件の内容が異なります：{}{}{}",
                     found->promised, found->lost, found->doubled, found->wrong,
                     found->lost_reason.ja, found->doubled_reason.ja, found->wrong_reason.ja),
         fmt::format("of {} events that were promised before the backup {} are missing, {} "
                     "there twice and {} not as they were: {}{}{}",
                     found->promised, found->lost, found->doubled, found->wrong,
                     found->lost_reason.en, found->doubled_reason.en, found->wrong_reason.en)});
    work.figure("events_before_backup", "", promised, Better::higher);
    return {};
}

/// Nothing came back; the program's own words say why.
void judge_nothing_restored(PhaseWork& work, const Words& what, const std::string& why) {
    const std::string told = why.substr(0, why.find_last_not_of(" \n") + 1);
    work.judge("backup_restored", std::nullopt, {what.ja + "：" + told, what.en + ": " + told});
}

double seconds_since(const PhaseWork& work, std::int64_t began_us) {
    return static_cast<double>(work.clock().steady_us() - began_us) / 1e6;
}

}  // namespace

Result<void> play_backup(PhaseWork& work) {
    if (!work.site().owns_server())
        return work.skip({"サーバーは他者が起動したもので、データを消去できません",
                          "the server was started by somebody else, and its data cannot be wiped"});
    if (!work.site().program_has("backup") || !work.site().program_has("restore"))
        return work.skip({"このバージョンには backup コマンドがありません",
                          "this version has no backup command"});
    Needs needs;
    needs.own_place = true;
    if (const auto why = work.site().cannot_give(needs)) return work.skip(*why);
    CELLMON_TRY(work.site().prepare(needs));
    CELLMON_TRY(work.begin());
    work.record();
    const Phase& phase = work.phase();
    CELLMON_TRY_ASSIGN(auto rounds,
                       rounds_of_seconds(phase.whole("students"), phase.value("seconds"),
                                         phase.value("events_per_student_s"), work.seed()));
    CELLMON_TRY_ASSIGN(auto load, work.load(std::move(rounds)));
    // Beside the data, so that what takes them does not take it along.
    const std::string where = work.site().data() + "-backups";
    Result<std::vector<std::string>> ledgers;
    Result<void> made;
    bool is_made = false;
    const LoadResult result = work.wait_for(*load, [&] {
        if (is_made || load->fraction() < kBackupAt || load->promised() == 0) return;
        is_made = true;
        const std::int64_t began_us = work.clock().steady_us();
        ledgers = ledgers_now(work, work.parts().ledgers);
        if (ledgers) made = work.site().back_up(where);
        if (ledgers && made)
            work.figure("backup_s", "s", seconds_since(work, began_us), Better::lower);
    });
    if (work.stopped()) return {};
    CELLMON_TRY(result.state);
    work.note_load(result);
    if (!is_made) return fail(ErrorCode::unavailable, "the load was over before a backup began");
    CELLMON_TRY(ledgers);
    if (!made) {
        judge_nothing_restored(work,
                               {"バックアップを作成できませんでした", "no backup could be made"},
                               made.error().message);
        return {};
    }
    const std::int64_t began_us = work.clock().steady_us();
    if (const auto restored = work.site().lose_and_restore(where); !restored) {
        judge_nothing_restored(
            work, {"バックアップから復元できませんでした", "the backup could not be restored"},
            restored.error().message);
        return {};
    }
    work.figure("restore_s", "s", seconds_since(work, began_us), Better::lower);
    return judge_restored(work, *ledgers);
}

}  // namespace cellmon::harness::plan
