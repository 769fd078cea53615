#pragma once

// For tests: a server that a script of the system tests starts, for the time of a test program.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cellmon {

/// Runs `python3 -m MODULE` in `ROOT/tests`, which prints one line and serves until its input ends:
/// so it ends with the test program, even one that crashes.
class TestScript {
  public:
    TestScript(const char* root, const char* module) {
        int input[2];
        int output[2];
        if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) std::abort();
        const std::string folder = std::string(root) + "/tests";
        script_ = ::fork();
        if (script_ == 0) {
            ::dup2(input[0], STDIN_FILENO);
            ::dup2(output[1], STDOUT_FILENO);
            if (::chdir(folder.c_str()) == 0) {
                ::execl("/usr/bin/python3", "python3", "-m", module, nullptr);
            }
            ::_exit(127);
        }
        ::close(input[0]);
        ::close(output[1]);
        input_ = input[1];
        std::FILE* lines = ::fdopen(output[0], "r");
        char line[512] = "";
        EXPECT_NE(std::fgets(line, sizeof line, lines), nullptr) << module << " does not start";
        line_ = line;
        while (!line_.empty() && line_.back() == '\n')
            line_.pop_back();
        std::fclose(lines);
    }
    ~TestScript() {
        ::close(input_);
        ::waitpid(script_, nullptr, 0);
    }
    TestScript(const TestScript&) = delete;
    TestScript& operator=(const TestScript&) = delete;

    [[nodiscard]] const std::string& line() const { return line_; }

  private:
    pid_t script_ = -1;
    int input_ = -1;
    std::string line_;
};

}  // namespace cellmon
