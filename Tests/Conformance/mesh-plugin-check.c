// SPDX-License-Identifier: Apache-2.0
// mesh-plugin-check: runs a plugin through the requirements of mesh_plugin.h, each case in a process of its own.
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_SECONDS 60
#define PARAMS 64u
enum { PASSED = 0, FAILED = 1, SKIPPED = 77 };

void check_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(NULL);
    _exit(FAILED);
}

void check_skip(const char *reason) {
    fputs(reason, stderr);
    fflush(NULL);
    _exit(SKIPPED);
}

void check_finish(host *host) {
    if (host_finish(host, 1000)) check_fail("(see above)");
}

unsigned check_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

host *check_start(struct check *check) {
    host *host = host_start(&check->plugin, check->params, check->param_count);
    EXPECT(host, "create refuses: give the keys it needs with --set");
    // STARTED may come later, for example when state has been read back.
    for (int i = 0; i < 100 && !host_count(host, MESH_EVENT_STARTED, 0) && !host_count(host, MESH_EVENT_FAULT, 0); i++)
        host_turn(host, 10);
    return host;
}

// Sets one key over its default; `text` is KEY=VALUE and is cut in two.
static bool set(const host_plugin *plugin, char *text, mesh_param *params, uint32_t *n) {
    char *value = strchr(text, '=');
    if (!value) return false;
    *value++ = 0;
    for (uint32_t i = 0; i < plugin->info.option_count; i++) {
        if (strcmp(plugin->info.options[i].name, text)) continue;
        uint32_t at = 0;
        while (at < *n && strcmp(params[at].name, text)) at++;
        if (at == PARAMS || !host_param(&plugin->info.options[i], value, &params[at])) return false;
        *n += at == *n;
        return true;
    }
    return false;
}

// The values for create: defaults, and over them what the command line says.
static bool choose_params(struct check *check) {
    static mesh_param params[PARAMS];
    check->param_count = host_defaults(&check->plugin, params, PARAMS);
    check->params = params;
    for (unsigned i = 0; i < check->setting_count; i++) {
        if (set(&check->plugin, check->settings[i], params, &check->param_count)) continue;
        fprintf(stderr, "--set %s: no such key, or not a value for it", check->settings[i]);
        return false;
    }
    return true;
}

struct outcome { int result; char why[2048]; };

static struct outcome run(const struct check_case *one, struct check *check) {
    struct outcome outcome = {FAILED, ""};
    int ends[2];
    if (pipe(ends)) return outcome;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        alarm(LIMIT_SECONDS);
        // Loaded here and not in the parent: what loading does to a process must stay in this one.
        if (!one->unloaded && (!host_load(&check->plugin, check->path) || !choose_params(check))) _exit(FAILED);
        one->run(check);
        fflush(NULL);
        _exit(PASSED);
    }
    close(ends[1]);
    size_t len = 0;
    char rest[512];
    ssize_t got;
    while ((got = read(ends[0], len < sizeof outcome.why - 1 ? outcome.why + len : rest,
                       len < sizeof outcome.why - 1 ? sizeof outcome.why - 1 - len : sizeof rest)) > 0)
        if (len < sizeof outcome.why - 1) len += (size_t)got;
    close(ends[0]);
    while (len && outcome.why[len - 1] == '\n') outcome.why[--len] = 0;
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) outcome.result = WEXITSTATUS(status);
    else snprintf(outcome.why + len, sizeof outcome.why - len, "%s", WTERMSIG(status) == SIGALRM
                      ? "does not end" : strsignal(WTERMSIG(status)));
    return outcome;
}

static void print_json(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') printf("\\%c", *text);
        else if ((unsigned char)*text < 32) printf("\\u%04x", *text);
        else putchar(*text);
    }
    putchar('"');
}

struct tally {
    unsigned all, failed, skipped;
};

static void run_all(const struct check_case *cases, struct check *check, const regex_t *only, bool json,
                    struct tally *tally) {
    for (; cases->name; cases++) {
        if (only && regexec(only, cases->name, 0, NULL, 0) && regexec(only, cases->rule, 0, NULL, 0)) continue;
        const struct outcome outcome = run(cases, check);
        const char *word = outcome.result == PASSED ? "passed" : outcome.result == SKIPPED ? "skipped" : "failed";
        tally->skipped += outcome.result == SKIPPED;
        tally->failed += outcome.result != PASSED && outcome.result != SKIPPED;
        if (json) {
            printf("%s{\"case\":\"%s\",\"requirement\":\"%s\",\"result\":\"%s\",\"why\":", tally->all ? ",\n " : "[",
                   cases->name, cases->rule, word);
            print_json(outcome.why);
            putchar('}');
        } else {
            printf("%-8s %-7s %s\n", word, cases->rule, cases->name);
            if (outcome.result != PASSED && outcome.why[0]) printf("         %s\n", outcome.why);
        }
        tally->all++;
    }
}

// What makes every case pointless, said once; NULL for a file that may be a plugin.
static const char *unusable(const char *path) {
    Elf64_Ehdr header;
    FILE *file = fopen(path, "rbe");
    if (!file) return strerror(errno);
    const bool whole = fread(&header, sizeof header, 1, file) == 1;
    const long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
    fclose(file);
    if (!whole || memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_type != ET_DYN)
        return "not a shared object (ELF, 64 bits)";
    const uint64_t sections = (uint64_t)header.e_shnum * sizeof(Elf64_Shdr);
    if (!header.e_shnum || header.e_shstrndx >= header.e_shnum || size < 0 || header.e_shoff > (uint64_t)size ||
        sections > (uint64_t)size - header.e_shoff)
        return "cut off, or without sections; copy it again";
    return NULL;
}

static const char *const usage =
    "usage: mesh-plugin-check [--only REGEX] [--json] [--listen ADDRESS] [--set KEY=VALUE]... PLUGIN.so\n"
    "Runs a plugin through the numbered requirements of mesh_plugin.h. Exit: 0 all hold, 1 not, 2 usage.\n"
    "Cases that need links listen on ADDRESS and dial what the plugin says it is bound to.\n";

int main(int argc, char **argv) {
    struct check check = {0};
    regex_t only;
    bool json = false, some = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json")) json = true;
        else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return fputs(usage, stdout) < 0;
        else if (!strcmp(argv[i], "--only") && i + 1 < argc && !some) {
            if (regcomp(&only, argv[++i], REG_EXTENDED | REG_NOSUB)) {
                fprintf(stderr, "mesh-plugin-check: --only %s: not a regular expression\n", argv[i]);
                return 2;
            }
            some = true;
        }
        else if (!strcmp(argv[i], "--listen") && i + 1 < argc) check.listen = argv[++i];
        else if (!strcmp(argv[i], "--set") && i + 1 < argc && check.setting_count < CHECK_SETTINGS)
            check.settings[check.setting_count++] = argv[++i];
        else if (argv[i][0] != '-') check.path = argv[i];
        else check.path = NULL, i = argc;
    }
    if (!check.path) {
        fputs(usage, stderr);
        return 2;
    }
    const char *reason = unusable(check.path);
    if (reason) {
        fprintf(stderr, "mesh-plugin-check: %s: %s\n", check.path, reason);
        return 2;
    }
    // The dynamic linker searches elsewhere for a name without a slash.
    char *resolved = realpath(check.path, NULL);
    if (resolved) check.path = resolved;
    char address[64];
    // The template's own scheme needs no network and no cleaning up.
    snprintf(address, sizeof address, "unix:@mesh-plugin-check-%d", (int)getpid());
    if (!check.listen && strstr(check.path, "mesh_unix")) check.listen = address;
    const struct check_case *const sets[] = {check_file_cases, check_table_cases, check_link_cases, check_stream_cases};
    struct tally tally = {0};
    for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++)
        run_all(sets[i], &check, some ? &only : NULL, json, &tally);
    if (json) printf("%s]\n", tally.all ? "" : "[");
    else printf("%u cases, %u failed, %u skipped\n", tally.all, tally.failed, tally.skipped);
    return tally.failed || !tally.all;
}
