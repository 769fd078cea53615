// Goal: secrets in what students write and print are masked, and nothing else is. Method: tables of
// texts and what they become; properties over what a hostile client may send; time over its size.
#include "privacy/secrets.hpp"

#include <ctime>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::privacy {
namespace {

/// The text as it is stored.
std::string stored(std::string_view text) {
    std::string masked;
    return mask_secrets(text, masked) == 0 ? std::string(text) : masked;
}

// Secrets that look like real ones are written in two parts, so that no scanner of this repository
// takes them for some.
std::string joined(std::string_view start, std::string_view rest) {
    return std::string(start) + std::string(rest);
}

const std::string kGithub = joined("ghp", "_abcdefghijklmnopqrstuvwxyz0123456789");
const std::string kGitlab = joined("glpat", "-abcdefghij0123456789");
const std::string kAws = joined("AKIA", "IOSFODNN7EXAMPLE");
const std::string kGoogle = joined("AIza", "SyA-abcdefghijklmnopqrstuvwxyz01234");
const std::string kSlack = joined("xoxb", "-123456789012-abcdefghij");
const std::string kOpenAi = joined("sk", "-proj-abcdefghijklmnop0123456789");
const std::string kStripe = joined("sk_live", "_abcdefghij0123456789");
const std::string kHuggingFace = joined("hf", "_abcdefghijklmnopqrstuvwxyzabcdefgh");
const std::string kJwt = joined("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJ0YXJvIn0.c2lnbmF0dXJl-_x");
const std::string kKey =
    joined("-----BEGIN RSA PRIVATE", " KEY-----\nMIIEabc\ndef=\n-----END RSA PRIVATE KEY-----");

using SecretCases = std::vector<std::pair<std::string, std::string>>;

TEST(Secrets, KnownByTheirForm) {
    const SecretCases cases{
        {kGithub, "[masked: GitHub token]"},
        {"t = " + kGithub + "\n", "t = [masked: GitHub token]\n"},
        {"トークンは" + kGithub + "です", "トークンは[masked: GitHub token]です"},
        {joined("github", "_pat_abcdefghijklmnopqrstuv_0123"), "[masked: GitHub token]"},
        {"(" + kGitlab + ")", "([masked: GitLab token])"},
        {"鍵「" + kAws + "」", "鍵「[masked: AWS access key]」"},
        {joined("ASIA", "IOSFODNN7EXAMPLE"), "[masked: AWS access key]"},
        {"key=" + kGoogle + "&x=1", "key=[masked: Google API key]&x=1"},
        {kSlack, "[masked: Slack token]"},
        {"'" + kOpenAi + "'", "'[masked: API key]'"},
        {kStripe, "[masked: Stripe key]"},
        {kHuggingFace, "[masked: Hugging Face token]"},
        {kJwt + " です", "[masked: JWT] です"},
        {"k = '''" + kKey + "'''\n次", "k = '''[masked: private key]'''\n次"},
        {kKey.substr(0, 40), "[masked: private key]"},  // cut
        {"postgresql://taro:ひみつ@db.example.com/x",
         "postgresql://taro:[masked: password in a URL]@db.example.com/x"},
        {"https://u:p@ss@h/", "https://u:[masked: password in a URL]@h/"},
        {R"(h = {"Authorization": "Bearer abc.def-123"})",
         R"(h = {"Authorization": "Bearer [masked: bearer token]"})"},
        {"Bearer abcdefghijklmnop0123", "Bearer [masked: bearer token]"},
        {"authorization: basic dXNlcjpwYXNz", "authorization: basic [masked: basic credentials]"},
        {kAws + " " + kAws, "[masked: AWS access key] [masked: AWS access key]"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(stored(text), expected) << text;
}

TEST(Secrets, KnownByTheirName) {
    const SecretCases cases{
        {R"(password = "hunter2")", R"(password = "[masked: password]")"},
        {R"(password="a'b")", R"(password="[masked: password]")"},
        {R"(PASSWORD = 'it\'s')", "PASSWORD = '[masked: password]'"},
        {R"(api_key: 'abcdef123')", "api_key: '[masked: API key]'"},
        {R"({"api-key": "abcdef123", "n": 1})", R"({"api-key": "[masked: API key]", "n": 1})"},
        {R"(d["password"] = f"x{y}")", R"(d["password"] = f"[masked: password]")"},
        {R"(db_pass = r"\d")", R"(db_pass = r"[masked: password]")"},
        {R"(token: str = "abcdefgh")", R"(token: str = "[masked: token]")"},
        {R"(secret := "abcdefgh")", R"(secret := "[masked: secret]")"},
        {R"(client_secret => "abcdefgh")", R"(client_secret => "[masked: secret]")"},
        {R"(aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG")",
         R"(aws_secret_access_key = "[masked: secret key]")"},
        {"password = \"\"\"two\nlines\"\"\"", "password = \"\"\"[masked: password]\"\"\""},
        {R"(connect(user="u", password="p"))",
         R"(connect(user="u", password="[masked: password]"))"},
        {"パスワード = \"ひみつ\"", "パスワード = \"[masked: password]\""},
        {"パスワード：hunter2 です", "パスワード：[masked: password] です"},
        {"password: hunter2\n", "password: [masked: password]\n"},
        {"DB_PASSWORD=secret\nX=1", "DB_PASSWORD=[masked: password]\nX=1"},
        {"curl --password=hunter", "curl --password=[masked: password]"},
        {"https://h/x?token=abcdefgh&y=1", "https://h/x?token=[masked: token]&y=1"},
        {R"("Server=h;Password=geheim;X=1")", R"("Server=h;Password=[masked: password];X=1")"},
        {R"("{\"password\": \"hunter2\"}")", R"("{\"password\": \"[masked: password]\"}")"},
        {R"('{"password": "hunter2"}')", R"('{"password": "[masked: password]"}')"},
        {"token = \"" + kGithub + "\"", "token = \"[masked: GitHub token]\""},
        {"pin_passcode = 1234", "pin_passcode = [masked: password]"},
        {R"(password = "cut off)", R"(password = "[masked: password])"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(stored(text), expected) << text;
}

TEST(Secrets, WhatIsNoneStays) {
    for (const std::string& text : std::vector<std::string>{
             "",
             "=",
             "password",
             "password =",
             R"(password = "")",
             "password = getpass()",
             R"(password = input("password: "))",
             R"(pw = input("パスワード：") + input("もう一度："))",
             R"(password = os.environ["DB_PASSWORD"])",
             "password = config.password",
             "DB_PASSWORD=os.environ.get(x)",
             "if password == \"hunter2\":",
             "def f(password: str, token=None): pass",
             "PASSWORD=None",
             "connect(password=password1)",
             R"(f"postgres://{user}:{password}@{host}/x")",
             R"(f"token={token}")",
             R"(headers = {"Authorization": f"Bearer {token}"})",
             "the bearer certificates were signed",
             "max_tokens = 4096",
             R"(tokenizer.pad_token = "<|endoftext|>")",
             R"(secret = "apple")",
             "compass = \"northwest\"",
             "bypass=\"longer text\"",
             "パスワード：英数字8文字以上",
             "import sk-learn-compatible-estimators-of-many",
             "AKIA is a prefix, AKIAIOSFODNN7EXAMPLEX is longer",
             joined("xAKIA", "IOSFODNN7EXAMPLE"),
             "ghp_short",
             "eyJabc.def",
             "http://example.com:8080/a@b",
             "mailto://taro@example.com",
             "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----",
             "-----------------------------------------------------------------",
             "for k, v in {'a': 1}.items(): print(k, '=', v)",
             "結果： 平均＝3.5",
             "x: int = 3; y = {'pwd': '/home/taro'}",
             "password = \"[masked: password]\"",
             "tokens = [1, 2, 3]",
             "password = \"********\"",
         }) {
        EXPECT_EQ(stored(text), text);
    }
}

TEST(Secrets, WhatIsMaskedStaysAsItIs) {
    const std::string all = "a = '" + kGithub + "'\npassword = 'x'\n" + kKey +
                            "\nDB_PASSWORD=abc\n" + "Authorization: Bearer " + kJwt +
                            "\nhttp://u:p@h/ パスワード：hunter2";
    const std::string once = stored(all);
    EXPECT_EQ(stored(once), once);
    EXPECT_EQ(once.find("hunter2"), std::string::npos);
}

TEST(Secrets, TheNameOfAMemberTells) {
    EXPECT_EQ(secret_kind_of_name("password"), "password");
    EXPECT_EQ(secret_kind_of_name("X-Api-Key"), "API key");
    EXPECT_EQ(secret_kind_of_name("accessToken"), "token");
    EXPECT_EQ(secret_kind_of_name("tokens"), "");
    EXPECT_EQ(secret_kind_of_name(""), "");
    EXPECT_EQ(secret_kind_of_name(std::string(1'000, 'x') + "_password"), "password");
    EXPECT_TRUE(is_secret_value("x", "password"));
    EXPECT_FALSE(is_secret_value("short", "token"));
    EXPECT_EQ(secret_mask("API key"), "[masked: API key]");
}

TEST(Secrets, EveryCutOfATextIsRead) {
    std::string all =
        kKey + kJwt + " password = \"" + kGithub + "\" パスワード：ab12cd http://u:p@h Bearer ";
    for (std::size_t from = 0; from < all.size(); ++from) {
        // A buffer of its own size: a read beyond it is seen by the address sanitizer.
        for (const std::size_t size : {all.size() - from, (all.size() - from) / 2}) {
            const std::vector<char> part(all.begin() + static_cast<std::ptrdiff_t>(from),
                                         all.begin() + static_cast<std::ptrdiff_t>(from + size));
            const std::string_view text(part.data(), part.size());
            EXPECT_EQ(stored(stored(text)), stored(text)) << text;
        }
    }
}

TEST(Secrets, ATextMayEndBehindAnySign) {
    for (const std::string_view name : {"password", "api_key", "\"token\"", "パスワード", "x"}) {
        for (const std::string_view sign : {":", "=", " = ", "：", ": str = ", ":="}) {
            for (const std::string_view rest :
                 {"", "/", "//", "\"", "\"\"\"", "f'", "\\\"", "-", "e", "B"}) {
                const std::string all = std::string(name) + std::string(sign) + std::string(rest);
                const std::vector<char> part(all.begin(), all.end());
                const std::string_view text(part.data(), part.size());
                EXPECT_EQ(stored(text), text);
            }
        }
    }
}

/// Of this thread alone: whatever else the machine does is not counted.
double cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds a byte, the quickest of three.
double cost_of(const std::string& text) {
    double least = 1e9;
    for (int i = 0; i < 3; ++i) {
        const double began = cpu_ns();
        static_cast<void>(stored(text));
        least = std::min(least, (cpu_ns() - began) / static_cast<double>(text.size()));
    }
    return least;
}

TEST(Secrets, HostileTextsTakeTimeInProportionToTheirSize) {
    for (const std::string unit : {"sk-", "eyJ-", "eyJaaaaaaaaaa.", "password=", "pwd='", "token: ",
                                   "://a", "Bearer ", "-----BEGIN ", "xoxb-", "=", ":", "\"",
                                   "ghp_", "パスワード：", "authorization: basic ", "SG.aa"}) {
        std::string small;
        while (small.size() < 8'000)
            small += unit;
        std::string large;
        for (int i = 0; i < 32; ++i)
            large += small;
        // Quadratic work would be 32 times dearer a byte.
        EXPECT_LT(cost_of(large), 8 * cost_of(small) + 50) << unit;
    }
}

}  // namespace
}  // namespace cellmon::privacy
