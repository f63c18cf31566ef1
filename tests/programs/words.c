/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The README's example: tells how many words of a file stand there only once. cflags: -O2 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct word {
	char *text;
	long count;
	struct word *next;
} *words[1024];

static struct word *word_add(const char *text)
{
	unsigned int hash = 0;
	struct word *word;

	for (const char *at = text; *at; at++)
		hash = hash * 31 + (unsigned char)*at;
	for (word = words[hash % 1024]; word; word = word->next) {
		if (strcmp(word->text, text) == 0)
			return word;
	}
	word = calloc(1, sizeof *word);
	word->text = strcpy(malloc(strlen(text) + 1), text);
	word->next = words[hash % 1024];
	return words[hash % 1024] = word;
}

static void read_words(FILE *file)
{
	char line[1000];

	while (fgets(line, sizeof line, file)) {
		char *copy = strcpy(malloc(strlen(line) + 1), line), *rest;

		for (char *text = strtok_r(copy, " \t\n", &rest); text; text = strtok_r(NULL, " \t\n", &rest))
			word_add(text)->count++;
		/* free(copy); */
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	int once = 0;

	if (!file)
		return 1;
	read_words(file);
	for (size_t i = 0; i < 1024; i++) {
		for (struct word *word = words[i]; word; word = word->next)
			once += word->count == 1;
	}
	printf("%d words stand once\n", once);
	return fclose(file) != 0;
}
