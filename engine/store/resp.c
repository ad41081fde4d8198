// SPDX-License-Identifier: GPL-2.0-or-later
#include "resp.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

// An evaluation is FCALL, the function, the number of keys, up to 36 keys and one argument.
#define ARGS_MAX 80

// A value with room for text right behind it.
static struct resp *value_new(const redisReadTask *task, enum resp_type type, size_t text_size)
{
    struct resp *value = calloc(1, sizeof(*value) + text_size);
    if (value == NULL)
        return NULL;
    value->type = type;
    if (task->parent != NULL) {
        struct resp *parent = task->parent->obj;
        parent->elements[task->idx] = value;
    }
    return value;
}

static void *create_string(const redisReadTask *task, char *text, size_t len)
{
    enum resp_type type = RESP_STRING;
    if (task->type == REDIS_REPLY_ERROR)
        type = RESP_ERROR;
    else if (task->type == REDIS_REPLY_STATUS)
        type = RESP_STATUS;
    struct resp *value = value_new(task, type, len + 1);
    if (value == NULL)
        return NULL;
    memcpy(value->bytes, text, len);
    value->text = (struct fg_view){value->bytes, len};
    return value;
}

static void *create_array(const redisReadTask *task, int n)
{
    // hiredis 0.14 would allocate whatever the peer announces.
    if (n < 0 || n > RESP_ELEMENTS_MAX)
        return NULL;
    struct resp **elements = calloc((size_t)n + 1, sizeof(struct resp *));
    if (elements == NULL)
        return NULL;
    struct resp *value = value_new(task, RESP_ARRAY, 0);
    if (value == NULL) {
        free(elements);
        return NULL;
    }
    value->elements = elements;
    value->n_elements = (size_t)n;
    return value;
}

static void *create_integer(const redisReadTask *task, long long number)
{
    struct resp *value = value_new(task, RESP_INTEGER, 0);
    if (value != NULL)
        value->integer = number;
    return value;
}

static void *create_nil(const redisReadTask *task)
{
    return value_new(task, RESP_NIL, 0);
}

void resp_free(struct resp *value)
{
    if (value == NULL)
        return;
    // The reader nests at most seven deep.
    for (size_t i = 0; i < value->n_elements; i++)
        resp_free(value->elements[i]);
    free(value->elements);
    free(value);
}

static void free_object(void *value)
{
    resp_free(value);
}

const struct resp *resp_at(const struct resp *value, size_t i)
{
    if (value == NULL || value->type != RESP_ARRAY || i >= value->n_elements)
        return NULL;
    return value->elements[i];
}

struct fg_view resp_text(const struct resp *value)
{
    if (value == NULL || (value->type != RESP_STRING && value->type != RESP_STATUS))
        return (struct fg_view){NULL, 0};
    return value->text;
}

struct resp_reader {
    redisReader *hiredis;
};

struct resp_reader *resp_reader_new(void)
{
    static redisReplyObjectFunctions functions = {create_string, create_array, create_integer,
                                                  create_nil, free_object};
    struct resp_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return NULL;
    reader->hiredis = redisReaderCreateWithFunctions(&functions);
    if (reader->hiredis == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

void resp_reader_free(struct resp_reader *reader)
{
    if (reader == NULL)
        return;
    redisReaderFree(reader->hiredis);
    free(reader);
}

int resp_reader_feed(struct resp_reader *reader, const char *bytes, size_t len)
{
    return redisReaderFeed(reader->hiredis, bytes, len) == REDIS_OK ? FG_OK : FG_EPROTOCOL;
}

int resp_reader_next(struct resp_reader *reader, struct resp **out)
{
    void *value = NULL;
    if (redisReaderGetReply(reader->hiredis, &value) != REDIS_OK)
        return FG_EPROTOCOL;
    *out = value;
    return FG_OK;
}

int resp_command_format(const struct fg_view *args, size_t n_args, char **out, size_t *len)
{
    const char *argv[ARGS_MAX];
    size_t lens[ARGS_MAX];
    if (n_args == 0 || n_args > ARGS_MAX)
        return FG_ELIMIT;
    for (size_t i = 0; i < n_args; i++) {
        argv[i] = args[i].ptr;
        lens[i] = args[i].len;
    }
    const int n = redisFormatCommandArgv(out, (int)n_args, argv, lens);
    if (n < 0)
        return FG_ENOMEM;
    *len = (size_t)n;
    return FG_OK;
}

void resp_command_free(char *command)
{
    redisFreeCommand(command);
}
