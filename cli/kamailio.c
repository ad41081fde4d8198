// SPDX-License-Identifier: GPL-2.0-or-later
#include "kamailio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fg/json.h"

#define DEFAULT_SOCKET "/run/fraudguard/kamailio.rpc"
#define DEADLINE_S     60 // a reload plays the packs' tests
#define DATAGRAM_MAX   65536
#define ID_MASK        ((INT64_C(1) << 31) - 1)

static char *make_request(const char *method, const char *parameter, int64_t id)
{
    struct fg_json *request = fg_json_object_new();
    struct fg_json *parameters = fg_json_array_new();
    char *text = NULL;
    bool complete = parameter == NULL || fg_json_append_string(parameters, parameter);

    complete = fg_json_set_string(request, "jsonrpc", "2.0") && complete;
    complete = fg_json_set_string(request, "method", method) && complete;
    complete = fg_json_set_integer(request, "id", id) && complete;
    complete = fg_json_set(request, "params", parameters) && complete;
    if (complete) {
        text = fg_json_format(request, 0);
    }
    fg_json_free(request);
    return text;
}

// A socket that path's owner can answer to, or -1 with errno.
static int open_socket(void)
{
    const struct timeval deadline = {.tv_sec = DEADLINE_S};
    const struct sockaddr_un any = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    // Without a name Linux gives it one of its own, which leaves no file behind (unix(7)).
    if (fd >= 0 && (bind(fd, (const struct sockaddr *)&any, sizeof(any.sun_family)) < 0 ||
                    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline)) < 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

// Sends text and waits for the answer to it: others may write to the socket as well, but do not
// know the id. NULL with errno.
static struct fg_json *exchange(int fd, const struct sockaddr_un *to, const char *text, int64_t id)
{
    static char datagram[DATAGRAM_MAX];
    int64_t got = -1;

    if (sendto(fd, text, strlen(text), 0, (const struct sockaddr *)to, sizeof(*to)) < 0) {
        return NULL;
    }
    for (;;) {
        const ssize_t size = recv(fd, datagram, sizeof(datagram), 0);
        if (size < 0) {
            return NULL;
        }
        struct fg_json *answer = fg_json_parse((struct fg_view){datagram, (size_t)size});
        if (answer != NULL && fg_json_integer(answer, "id", &got) && got == id) {
            return answer;
        }
        fg_json_free(answer);
    }
}

static enum exit_code read_answer(const struct fg_json *json, const char *method,
                                  char answer[KAMAILIO_ANSWER_MAX])
{
    const struct fg_json *error = fg_json_member(json, "error");
    const struct fg_json *result = fg_json_member(json, "result");
    const char *text = fg_json_string_of(result);
    int64_t code = 0;

    if (error != NULL) {
        const char *message = fg_json_string(error, "message");
        (void)fg_json_integer(error, "code", &code);
        complain("%s: %s", method, message == NULL ? "refused" : message);
        return code == 404 ? EXIT_NOT_FOUND : code == 500 ? EXIT_RULES : EXIT_FAILED;
    }
    if (text == NULL && fg_json_count(result) > 0) {
        text = fg_json_string_of(fg_json_item(result, 0));
    }
    (void)snprintf(answer, KAMAILIO_ANSWER_MAX, "%s", text == NULL ? "" : text);
    return EXIT_OK;
}

// The answer to a call, or NULL with errno.
static struct fg_json *call_at(const struct sockaddr_un *to, const char *method,
                               const char *parameter)
{
    int64_t id = 0;
    const bool random = getrandom(&id, sizeof(id), 0) == (ssize_t)sizeof(id);
    char *request = random ? make_request(method, parameter, id &= ID_MASK) : NULL;
    const int fd = request == NULL ? -1 : open_socket();
    struct fg_json *json = fd < 0 ? NULL : exchange(fd, to, request, id);
    const int error = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    free(request);
    errno = error;
    return json;
}

// False where the path is too long.
static bool find_socket(const char *socket_path, struct sockaddr_un *to, const char **path)
{
    *path = socket_path != NULL ? socket_path : getenv("FRAUDGUARD_KAMAILIO");
    if (*path == NULL || (*path)[0] == '\0') {
        *path = DEFAULT_SOCKET;
    }
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(*path) >= sizeof(to->sun_path)) {
        return false;
    }
    (void)snprintf(to->sun_path, sizeof(to->sun_path), "%s", *path);
    return true;
}

enum exit_code kamailio_call(const char *socket_path, const char *method, const char *parameter,
                             char answer[KAMAILIO_ANSWER_MAX])
{
    struct sockaddr_un to;
    const char *path = NULL;
    enum exit_code code = EXIT_DOWN;

    if (!find_socket(socket_path, &to, &path)) {
        complain("the path of Kamailio's socket is too long: %s", path);
        return EXIT_USAGE;
    }
    struct fg_json *json = call_at(&to, method, parameter);
    if (json != NULL) {
        code = read_answer(json, method, answer);
    } else {
        complain("Kamailio does not answer at %s: %s", to.sun_path, strerror(errno));
    }
    fg_json_free(json);
    return code;
}

struct fg_json *kamailio_ask(const char *socket_path, const char *method,
                             char error[KAMAILIO_ERROR_MAX])
{
    struct sockaddr_un to;
    const char *path = NULL;
    struct fg_json *result = NULL;

    if (!find_socket(socket_path, &to, &path)) {
        (void)snprintf(error, KAMAILIO_ERROR_MAX, "the path of its socket is too long");
        return NULL;
    }
    struct fg_json *json = call_at(&to, method, NULL);
    if (json == NULL) {
        (void)snprintf(error, KAMAILIO_ERROR_MAX, "%s: %s", to.sun_path, strerror(errno));
        return NULL;
    }
    const char *message = fg_json_string(fg_json_member(json, "error"), "message");
    result = fg_json_copy(fg_json_member(json, "result"));
    (void)snprintf(error, KAMAILIO_ERROR_MAX, "%s", message == NULL ? "no answer" : message);
    fg_json_free(json);
    return result;
}
