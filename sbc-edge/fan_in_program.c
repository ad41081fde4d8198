// SPDX-License-Identifier: GPL-2.0-or-later
/* Written by hand, so that neither the build nor the relay needs a compiler for BPF. */
#include "fan_in_program.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

/* NOLINTBEGIN(misc-redundant-expression): the parts of an opcode are named, those of value 0, too
 */

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

#define PASSES_MAX 24

struct code {
    struct bpf_insn *out;
    unsigned n;
    unsigned passes[PASSES_MAX]; /* jumps whose aim is the end that passes */
    unsigned n_passes;
};

static void emit(struct code *code, struct bpf_insn insn)
{
    code->out[code->n++] = insn;
}

static struct bpf_insn insn(int opcode, int dst, int src, int16_t offset, int32_t immediate)
{
    return (struct bpf_insn){.code = (uint8_t)opcode,
                             .dst_reg = (uint8_t)(dst & 15),
                             .src_reg = (uint8_t)(src & 15),
                             .off = offset,
                             .imm = immediate};
}

static void load(struct code *code, int dst, int src, size_t offset)
{
    emit(code, insn(BPF_LDX | BPF_MEM | BPF_W, dst, src, (int16_t)offset, 0));
}

static void store(struct code *code, int dst, int offset, int src)
{
    emit(code, insn(BPF_STX | BPF_MEM | BPF_W, dst, src, (int16_t)offset, 0));
}

static void copy(struct code *code, int dst, int src)
{
    emit(code, insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0));
}

static void add(struct code *code, int dst, int32_t immediate)
{
    emit(code, insn(BPF_ALU | BPF_ADD | BPF_K, dst, 0, 0, immediate)); /* 32 bits */
}

static void call(struct code *code, int helper)
{
    emit(code, insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper));
}

/* Passes when the 32-bit comparison holds. */
static void pass_if(struct code *code, int comparison, int reg, int32_t immediate)
{
    code->passes[code->n_passes++] = code->n;
    emit(code, insn(BPF_JMP32 | comparison | BPF_K, reg, 0, 0, immediate));
}

static void pass_if_null(struct code *code, int reg)
{
    code->passes[code->n_passes++] = code->n;
    emit(code, insn(BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 0, 0));
}

/* r0 = element of `map` whose index is at fp + offset. */
static void look_up(struct code *code, int map_fd, int offset)
{
    copy(code, R2, R10);
    emit(code, insn(BPF_ALU64 | BPF_ADD | BPF_K, R2, 0, 0, offset));
    emit(code, insn(BPF_LD | BPF_DW | BPF_IMM, R1, BPF_PSEUDO_MAP_FD, 0, map_fd));
    emit(code, insn(0, 0, 0, 0, 0));
    call(code, BPF_FUNC_map_lookup_elem);
    pass_if_null(code, R0);
}

static void check_address(struct code *code, const union edge_address *local)
{
    static const uint8_t any[16] = {0};
    uint32_t words[4] = {0};

    if (local->any.sa_family == AF_INET) {
        memcpy(words, &local->v4.sin_addr, 4);
        load(code, R2, R6, offsetof(struct bpf_sk_lookup, local_ip4));
        if (words[0] != 0)
            pass_if(code, BPF_JNE, R2, (int32_t)words[0]);
        return;
    }
    memcpy(words, &local->v6.sin6_addr, 16);
    if (memcmp(words, any, sizeof(any)) == 0)
        return;
    for (size_t i = 0; i < 4; i++) {
        load(code, R2, R6, offsetof(struct bpf_sk_lookup, local_ip6) + 4 * i);
        pass_if(code, BPF_JNE, R2, (int32_t)words[i]);
    }
}

/* r8: the port's entry; fp-4: its worker. */
static void find_port(struct code *code, const struct edge_fan_in_program *program)
{
    load(code, R2, R6, offsetof(struct bpf_sk_lookup, local_port));
    add(code, R2, -(int32_t)program->port_min);
    pass_if(code, BPF_JGE, R2, (int32_t)program->n_ports);
    store(code, R10, -4, R2);
    look_up(code, program->ports_fd, -4);
    copy(code, R8, R0);
    load(code, R7, R8, offsetof(struct edge_fan_in_port, worker));
    pass_if(code, BPF_JEQ, R7, 0);
    add(code, R7, -1);
    store(code, R10, -4, R7);
}

/* Drops what is beyond the worker's limit. Counts of several processors may get lost: no matter. */
static void count(struct code *code, const struct edge_fan_in_program *program)
{
    unsigned same;
    unsigned within;

    call(code, BPF_FUNC_ktime_get_coarse_ns);
    emit(code, insn(BPF_ALU64 | BPF_RSH | BPF_K, R0, 0, 0, EDGE_FAN_IN_WINDOW_LOG2));
    emit(code, insn(BPF_ALU | BPF_MOV | BPF_X, R0, R0, 0, 0));
    load(code, R1, R8, offsetof(struct edge_fan_in_port, window));
    load(code, R9, R8, offsetof(struct edge_fan_in_port, count));
    same = code->n;
    emit(code, insn(BPF_JMP32 | BPF_JEQ | BPF_X, R1, R0, 0, 0));
    store(code, R8, offsetof(struct edge_fan_in_port, window), R0);
    emit(code, insn(BPF_ALU64 | BPF_MOV | BPF_K, R9, 0, 0, 0));
    code->out[same].off = (int16_t)(code->n - same - 1);
    add(code, R9, 1);
    store(code, R8, offsetof(struct edge_fan_in_port, count), R9);
    add(code, R7, (int32_t)program->n_ports);
    store(code, R10, -8, R7);
    look_up(code, program->ports_fd, -8);
    load(code, R1, R0, offsetof(struct edge_fan_in_share, limit));
    within = code->n;
    emit(code, insn(BPF_JMP32 | BPF_JLE | BPF_X, R9, R1, 0, 0));
    load(code, R1, R0, offsetof(struct edge_fan_in_share, shed));
    add(code, R1, 1);
    store(code, R0, offsetof(struct edge_fan_in_share, shed), R1);
    emit(code, insn(BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, SK_DROP));
    emit(code, insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    code->out[within].off = (int16_t)(code->n - within - 1);
}

static void assign(struct code *code, const struct edge_fan_in_program *program)
{
    look_up(code, program->sockets_fd, -4);
    copy(code, R9, R0);
    copy(code, R1, R6);
    copy(code, R2, R0);
    emit(code, insn(BPF_ALU64 | BPF_MOV | BPF_K, R3, 0, 0, 0));
    call(code, BPF_FUNC_sk_assign);
    copy(code, R1, R9);
    call(code, BPF_FUNC_sk_release);
}

unsigned edge_fan_in_assemble(const struct edge_fan_in_program *program, struct bpf_insn *out)
{
    struct code code = {.out = out};

    copy(&code, R6, R1);
    load(&code, R2, R6, offsetof(struct bpf_sk_lookup, protocol));
    pass_if(&code, BPF_JNE, R2, IPPROTO_UDP);
    load(&code, R2, R6, offsetof(struct bpf_sk_lookup, family));
    pass_if(&code, BPF_JNE, R2, program->local->any.sa_family);
    check_address(&code, program->local);
    find_port(&code, program);
    count(&code, program);
    assign(&code, program);
    for (unsigned i = 0; i < code.n_passes; i++)
        out[code.passes[i]].off = (int16_t)(code.n - code.passes[i] - 1);
    emit(&code, insn(BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, SK_PASS));
    emit(&code, insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    return code.n;
}

/* NOLINTEND(misc-redundant-expression) */
