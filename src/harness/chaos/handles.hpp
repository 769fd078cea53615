#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "harness/chaos/gate.hpp"
#include "harness/chaos/handle.hpp"
#include "harness/chaos/process.hpp"

namespace cellmon::harness::chaos {

/// A process that this program can start again.
class ProcessHandle final : public Handle {
  public:
    /// `ready`, behind each start, waits until it answers. Both must outlive the handle.
    ProcessHandle(
        Process& process, std::function<Result<void>()> ready,
        std::function<void()> before_start = [] {})
        : process_(process), ready_(std::move(ready)), before_start_(std::move(before_start)) {}

    [[nodiscard]] bool takes(Action action) const override;
    Result<std::string> act(const Step& step) override;
    Result<void> restore() override;
    [[nodiscard]] bool is_hurt() const override { return killed_ || stopped_; }

  private:
    Result<void> start();

    Process& process_;
    const std::function<Result<void>()> ready_;
    const std::function<void()> before_start_;
    bool killed_ = false;
    bool stopped_ = false;
};

/// A process that somebody named by its id. When it is to run again it is started with the program,
/// arguments, environment and folder that it had, and outlives this program; its output goes
/// nowhere then.
class NamedProcess final : public Handle {
  public:
    /// ErrorCode::not_found without such a process, permission when this user may not touch it.
    static Result<std::unique_ptr<NamedProcess>> find(std::string name, pid_t pid);

    [[nodiscard]] bool takes(Action action) const override;
    Result<std::string> act(const Step& step) override;
    Result<void> restore() override;
    [[nodiscard]] bool is_hurt() const override { return killed_ || stopped_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    NamedProcess(ProcessSpec spec, pid_t pid, std::uint64_t start_ticks)
        : pid_(pid), start_ticks_(start_ticks), successor_(std::move(spec)) {}

    [[nodiscard]] bool is_running() const;
    Result<void> signal(int number) const;
    Result<void> end(int number);
    Result<void> start();

    pid_t pid_;
    std::uint64_t start_ticks_;  ///< With the id it names a process.
    Process successor_;
    bool killed_ = false;
    bool stopped_ = false;
};

class GateHandle final : public Handle {
  public:
    explicit GateHandle(Gate& gate) : gate_(gate) {}

    [[nodiscard]] bool takes(Action action) const override;
    Result<std::string> act(const Step& step) override;
    Result<void> restore() override;
    [[nodiscard]] bool is_hurt() const override { return hurt_; }

  private:
    Gate& gate_;
    bool hurt_ = false;
};

/// The file system of a folder. It is filled only when it is a small one of its own.
class DiskHandle final : public Handle {
  public:
    static constexpr std::uint64_t kMostBytes = 1ULL << 30U;

    /// `folder` as this program sees it.
    explicit DiskHandle(std::string folder) : folder_(std::move(folder)) {}
    ~DiskHandle() override { static_cast<void>(restore()); }

    /// Why it may not be filled: it is larger than kMostBytes, or that of `/`, of this program's
    /// folder or of the folder for temporary files. ErrorCode::unavailable with the reason.
    [[nodiscard]] Result<void> may_be_filled() const;

    [[nodiscard]] bool takes(Action action) const override;
    Result<std::string> act(const Step& step) override;
    Result<void> restore() override;
    [[nodiscard]] bool is_hurt() const override { return filled_; }

  private:
    Result<void> fill(std::uint64_t leave_bytes);
    [[nodiscard]] std::string filler() const { return folder_ + "/cellmon-chaos-filler"; }

    const std::string folder_;
    bool filled_ = false;
};

/// The wall clock of processes that were started with libfaketime in front of them, which reads the
/// step from a file. The clock of the machine is nobody's to step: it is everybody's, and the time
/// namespaces of Linux hold only clocks that count from the start of the machine.
class ClockHandle final : public Handle {
  public:
    /// The environment that makes a process follow `file`. ErrorCode::unavailable, with the name of
    /// the package, when libfaketime is not installed.
    static Result<std::vector<std::string>> environment_for(const std::string& file);

    /// Writes `file` with the true time.
    explicit ClockHandle(std::string file);

    [[nodiscard]] bool takes(Action action) const override { return action == Action::clock; }
    Result<std::string> act(const Step& step) override;
    Result<void> restore() override;
    [[nodiscard]] bool is_hurt() const override { return seconds_ != 0; }

  private:
    Result<void> set(double seconds);

    const std::string file_;
    double seconds_ = 0;
};

}  // namespace cellmon::harness::chaos
