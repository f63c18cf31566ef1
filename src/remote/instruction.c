/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See instruction.h. A character an opcode:
 *
 *	.  nothing follows         m  a ModRM byte, and what that asks for     x  no instruction, or one not known here
 *	b  8 bits                  z  32 bits, or 16 behind 66                 w  16 bits     e  16 and 8 (enter)
 *	B  ModRM, then 8 bits      Z  ModRM, then as z                         v  as z, but 64 bits behind REX.W
 *	j  a distance of 8 bits    J  of 32                                    o  an address of 64 bits
 *	p  a prefix                g  ModRM; then b, or Z as G, where ModRM.reg is 0 or 1 (test)
 *	E  two-byte opcodes        V  VEX or EVEX                              3  0f 38, as m   4  0f 3a, as B
 */
#include <string.h>
#include "remote/instruction.h"

enum { LENGTH_MAX = 15, REX_W = 8, MAP_0F = 1, MAP_0F38, MAP_0F3A };

static const char one_byte[] = "mmmmbzxxmmmmbzxE" "mmmmbzxxmmmmbzxx" "mmmmbzpxmmmmbzpx" "mmmmbzpxmmmmbzpx"
	"pppppppppppppppp" "................" "xxVmppppzZbB...." "jjjjjjjjjjjjjjjj"
	"BZxBmmmmmmmmmmmm" "..........x....." "oooo....bz......" "bbbbbbbbvvvvvvvv"
	"BBw.VVBZe.w..bx." "mmmmxxx.mmmmmmmm" "jjjjbbbbJJxj...." "p.pp..gG......mm";
static const char two_bytes[] = "mmmmx.....x.xm.B" "mmmmmmmmmmmmmmmm" "mmmmxxxxmmmmmmmm" "......x.3x4xxxxx"
	"mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "BBBBmmm.mmxxmmmm"
	"JJJJJJJJJJJJJJJJ" "mmmmmmmmmmmmmmmm" "...mBmxx...mBmmm" "mmmmmmmmmmBmmmmm"
	"mmBmBBBm........" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm";

struct reading {
	const uint8_t *code;
	size_t size, at;
	bool short_operand, wide, short_address, cut;
	struct instruction *found;
};

static uint8_t next(struct reading *reading)
{
	if (reading->at >= reading->size || reading->at >= LENGTH_MAX) {
		reading->cut = true;
		return 0;
	}
	return reading->code[reading->at++];
}

static void skip(struct reading *reading, size_t n)
{
	while (n-- > 0)
		next(reading);
}

static char read_prefixes(struct reading *reading)
{
	for (;;) {
		uint8_t byte = next(reading);
		char class = one_byte[byte];

		if (class != 'p' || reading->cut) {
			reading->found->opcode = byte;
			return reading->cut ? 'x' : class;
		}
		/* REX counts only where it is the last one. */
		reading->found->rex = (byte & 0xf0) == 0x40 ? byte : 0;
		reading->wide = reading->found->rex & REX_W;
		reading->short_operand |= byte == 0x66;
		reading->short_address |= byte == 0x67;
	}
}

/* After c5, c4 or 62: the rest of the prefix names the opcode's table. */
static char read_vex(struct reading *reading)
{
	uint8_t first = next(reading);
	int map = MAP_0F;

	if (reading->found->opcode == 0xc4)
		map = first & 31;
	else if (reading->found->opcode == 0x62)
		map = first & 7;
	skip(reading, reading->found->opcode == 0xc5 ? 0 : reading->found->opcode == 0xc4 ? 1 : 2);
	reading->found->opcode = next(reading);
	switch (map) {
	case MAP_0F:
		return two_bytes[reading->found->opcode] == 'J' ? 'x' : two_bytes[reading->found->opcode];
	case MAP_0F38:
		return 'm';
	case MAP_0F3A:
		return 'B';
	default:
		return 'x';
	}
}

/* ModRM, SIB and displacement; ModRM.reg. */
static unsigned int read_modrm(struct reading *reading)
{
	uint8_t modrm = next(reading), mode = modrm >> 6, base = modrm & 7;

	reading->found->modrm_at = reading->at - 1;
	if (mode != 3 && base == 4) {
		base = next(reading) & 7;
		if (mode == 0 && base == 5)
			skip(reading, 4);
	} else if (mode == 0 && base == 5) {
		reading->found->displacement_at = reading->at;
		skip(reading, 4);
	}
	if (mode == 1)
		skip(reading, 1);
	if (mode == 2)
		skip(reading, 4);
	return modrm >> 3 & 7;
}

static void read_relative(struct reading *reading, size_t size)
{
	reading->found->relative_at = reading->at;
	reading->found->relative_size = size;
	skip(reading, size);
}

static bool read_rest(struct reading *reading, char class, unsigned int *group)
{
	const size_t operand = reading->short_operand ? 2 : 4;

	if (strchr("mBZgG34", class))
		*group = read_modrm(reading);
	switch (class) {
	case '.':
	case 'm':
	case '3':
		return true;
	case 'b':
	case 'B':
	case '4':
		skip(reading, 1);
		return true;
	case 'z':
	case 'Z':
		skip(reading, operand);
		return true;
	case 'v':
		skip(reading, reading->wide ? 8 : operand);
		return true;
	case 'w':
		skip(reading, 2);
		return true;
	case 'e':
		skip(reading, 3);
		return true;
	case 'o':
		skip(reading, reading->short_address ? 4 : 8);
		return true;
	case 'g':
	case 'G':
		skip(reading, *group > 1 ? 0 : class == 'g' ? 1 : operand);
		return true;
	case 'j':
	case 'J':
		/* AMD and Intel differ in what 66 means there. */
		read_relative(reading, class == 'j' ? 1 : 4);
		return !reading->short_operand;
	default:
		return false;
	}
}

static enum instruction_flow flow_of(const struct instruction *found, bool two, char class, unsigned int group)
{
	const uint8_t opcode = found->opcode;

	if (two)
		return class == 'J' ? FLOW_BRANCH : opcode == 0x0b ? FLOW_AWAY : FLOW_ON;
	if (class == 'j' || class == 'J')
		return opcode == 0xe8 ? FLOW_CALL : opcode == 0xe9 || opcode == 0xeb ? FLOW_JUMP :
			opcode >= 0xe0 ? FLOW_LOOP : FLOW_BRANCH;
	if (opcode == 0xff && (group == 2 || group == 3))
		return FLOW_CALL_FAR;
	if ((opcode == 0xff && (group == 4 || group == 5)) || opcode == 0xc2 || opcode == 0xc3 || opcode == 0xca || opcode == 0xcb ||
		opcode == 0xcf || opcode == 0xf4)
		return FLOW_AWAY;
	return FLOW_ON;
}

bool instruction_read(const uint8_t *code, size_t size, struct instruction *instruction)
{
	struct reading reading = { .code = code, .size = size, .found = instruction };
	bool two = false;
	unsigned int group = 0;
	char class;

	memset(instruction, 0, sizeof *instruction);
	class = read_prefixes(&reading);
	if (class == 'E') {
		two = true;
		instruction->opcode = next(&reading);
		class = two_bytes[instruction->opcode];
		instruction->map = 1;
		if (class == '3' || class == '4') {
			instruction->opcode = next(&reading);
			instruction->map = 2;
		}
	} else if (class == 'V') {
		two = true;
		instruction->map = 2;
		class = read_vex(&reading);
	}
	if (!read_rest(&reading, class, &group) || reading.cut)
		return false;
	instruction->length = reading.at;
	instruction->flow = flow_of(instruction, two, class, group);
	return true;
}

uint64_t instruction_target(const uint8_t *code, const struct instruction *instruction, uint64_t at)
{
	int32_t distance = (int8_t)code[instruction->relative_at];

	if (instruction->relative_size == 4)
		memcpy(&distance, code + instruction->relative_at, sizeof distance);
	return at + instruction->length + (uint64_t)(int64_t)distance;
}

bool instruction_is_filling(const struct instruction *instruction)
{
	enum { NOP = 0x90, LONG_NOP = 0x1f, BREAKPOINT = 0xcc };

	if (instruction->map)
		return instruction->map == 1 && instruction->opcode == LONG_NOP;
	/* With a REX it exchanges. */
	return instruction->opcode == BREAKPOINT || (instruction->opcode == NOP && !instruction->rex);
}
