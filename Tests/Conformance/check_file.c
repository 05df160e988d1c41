// SPDX-License-Identifier: Apache-2.0
// Cases about the file itself, read without running any of its code.
#include "check.h"

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rbe");
    EXPECT(file, "cannot open %s", path);
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*len);
    EXPECT(fread(bytes, 1, *len, file) == *len, "cannot read %s", path);
    fclose(file);
    return bytes;
}

static const Elf64_Shdr *section(const uint8_t *bytes, const char *name, uint32_t type) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(bytes + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const char *found = (const char *)bytes + sections[header->e_shstrndx].sh_offset + sections[i].sh_name;
        if (name ? !strcmp(found, name) : sections[i].sh_type == type) return &sections[i];
    }
    return NULL;
}

// The value of a key of the note's text, or an empty string.
static void note_value(const char *text, const char *key, char *out, size_t cap) {
    const size_t len = strlen(key);
    out[0] = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (!strncmp(line, key, len) && line[len] == '=')
            snprintf(out, cap, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
}

static void note(struct check *check) {
    size_t len;
    uint8_t *bytes = read_file(check->path, &len);
    const Elf64_Shdr *found = section(bytes, MESH_NOTE_SECTION, 0);
    EXPECT(found && found->sh_type == SHT_NOTE, "no section %s", MESH_NOTE_SECTION);
    EXPECT(found->sh_flags & SHF_ALLOC, "the note is not in a loaded segment: strip may remove it");
    uint32_t words[3];
    const uint8_t *at = bytes + found->sh_offset;
    memcpy(words, at, sizeof words);
    EXPECT(words[0] == 5 && !memcmp(at + 12, MESH_NOTE_OWNER, 5) && words[2] == MESH_NOTE_TYPE, "owner or type");
    char text[1024], value[128];
    snprintf(text, sizeof text, "%.*s", (int)(words[1] < 1000 ? words[1] : 1000), (const char *)at + 20);
    EXPECT(host_load(&check->plugin, check->path), "does not load");
    const mesh_plugin_info *info = &check->plugin.info;
    note_value(text, "id", value, sizeof value);
    EXPECT(!strcmp(value, info->id), "the note's id is '%s', describe's '%s'", value, info->id);
    char file[160];
    snprintf(file, sizeof file, "mesh_%s.so", value);
    const char *base = strrchr(check->path, '/') ? strrchr(check->path, '/') + 1 : check->path;
    EXPECT(!strcmp(base, file), "the file is %s and not %s", base, file);
    note_value(text, "version", value, sizeof value);
    EXPECT(!strcmp(value, info->version), "the note's version is '%s', describe's '%s'", value, info->version);
    note_value(text, "abi", value, sizeof value);
    EXPECT(!strncmp(value, "1.", 2), "the note's abi is '%s'", value);
    char schemes[128] = "";
    for (uint32_t i = 0; i < info->scheme_count; i++)
        snprintf(schemes + strlen(schemes), sizeof schemes - strlen(schemes), "%s%s", i ? "," : "", info->schemes[i]);
    note_value(text, "schemes", value, sizeof value);
    EXPECT(!strcmp(value, schemes), "the note's schemes are '%s', describe's '%s'", value, schemes);
}

static void one_symbol(struct check *check) {
    size_t len;
    uint8_t *bytes = read_file(check->path, &len);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
    const Elf64_Shdr *table = section(bytes, NULL, SHT_DYNSYM), *sections = (void *)(bytes + header->e_shoff);
    EXPECT(table, "no dynamic symbols");
    const char *names = (const char *)bytes + sections[table->sh_link].sh_offset;
    const Elf64_Sym *symbols = (const Elf64_Sym *)(bytes + table->sh_offset);
    unsigned entries = 0;
    for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++) {
        if (symbols[i].st_shndx == SHN_UNDEF || symbols[i].st_shndx == SHN_ABS) continue;
        if (ELF64_ST_BIND(symbols[i].st_info) == STB_LOCAL) continue;
        const char *name = names + symbols[i].st_name;
        EXPECT(!strncmp(name, "mesh_plugin_entry_v", 19), "exports %s", name);
        entries++;
    }
    EXPECT(entries, "exports no entry");
}

static void stays_mapped(struct check *check) {
    size_t len;
    uint8_t *bytes = read_file(check->path, &len);
    const Elf64_Shdr *table = section(bytes, NULL, SHT_DYNAMIC);
    const Elf64_Dyn *dynamic = table ? (const Elf64_Dyn *)(bytes + table->sh_offset) : NULL;
    uint64_t flags = 0;
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++)
        if (dynamic->d_tag == DT_FLAGS_1) flags = dynamic->d_un.d_val;
    EXPECT(flags & DF_1_NODELETE, "not linked with -z nodelete");
    EXPECT(flags & DF_1_NOW, "not linked with -z now");
}

static void no_handlers(struct check *check) {
    struct sigaction before[32], after;
    for (int i = 1; i < 32; i++) sigaction(i, NULL, &before[i]);
    EXPECT(host_load(&check->plugin, check->path), "does not load");
    for (int i = 1; i < 32; i++) {
        sigaction(i, NULL, &after);
        EXPECT(after.sa_handler == before[i].sa_handler, "loading sets a handler for signal %d", i);
    }
}

const struct check_case check_file_cases[] = {
    {"the_note_says_what_describe_says", "MPA-01", note, true},
    {"the_entry_is_the_only_symbol", "export", one_symbol, true},
    {"the_file_is_linked_to_stay_mapped", "export", stays_mapped, true},
    {"loading_sets_no_signal_handler", "guest", no_handlers, true},
    {NULL, NULL, NULL, false},
};
