/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/sandbox*.c: each case enters the sandbox in a child of its own, and shows what is
 * refused and what still works.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/sandbox.h"
#include "io/socket.h"
#include "io/thread.h"

#define NOBODY 65534

static char scratch[] = "/tmp/seawall-sandbox-XXXXXX";
static int root_fd = -1;

/* What the child is to do once inside: 0 or the number of the line that was wrong. */
struct inside {
    int (*run)(void);
    bool is_directory; /* handed root_fd */
    bool is_nobody;    /* enters without privilege */
    uint64_t memory_limit_bytes;
};

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ & 0xff;                                                                \
    } while (0)

/* The wait status of a child that ran it. */
static int run_inside(const struct inside *inside)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sw_sandbox_status status;
        struct sw_err err = {0};
        struct sw_sandbox_options options = {.memory_limit_bytes = inside->memory_limit_bytes};
        if (inside->is_directory) {
            options.directory_fds = &root_fd;
            options.n_directory_fds = 1;
        }
        if (inside->is_nobody &&
            (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0))
            _exit(253);
        if (sw_sandbox_enter(&options, &status, &err) < 0) {
            sw_descriptor_write_full(2, err.message, strlen(err.message));
            _exit(254);
        }
        if (status.pieces[SW_SANDBOX_NO_NEW_PRIVILEGES] != SW_SANDBOX_ON ||
            status.pieces[SW_SANDBOX_LIMITS] != SW_SANDBOX_ON ||
            status.pieces[SW_SANDBOX_SECCOMP] != SW_SANDBOX_ON)
            _exit(252);
        _exit(inside->run());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void expect_well(const struct inside *inside)
{
    int status = run_inside(inside);
    if (WIFSIGNALED(status))
        fail_msg("killed by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        fail_msg("line %d (modulo 256) went wrong", WEXITSTATUS(status));
}

static void expect_killed(int (*run)(void))
{
    const struct inside inside = {.run = run};
    int status = run_inside(&inside);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static bool has_landlock(void)
{
    return syscall(444, NULL, 0, 1U) > 0;
}

static void count_up(void *argument)
{
    ++*(int *)argument;
}

static int read_what_was_handed(void)
{
    char p[16] = {0};
    int fd = -1;
    struct sw_beneath_stat st;
    MUST(sw_beneath_open(root_fd, SW_STR("etc/passwd"), NULL, &fd, &st, NULL) == 0);
    MUST(sw_descriptor_read_full(fd, p, sizeof(p)) == 4 && memcmp(p, "root", 4) == 0);
    close(fd);
    MUST(sw_beneath_open_in_root(root_fd, SW_STR("link"), NULL, &fd, &st, NULL) == 0);
    close(fd);
    return 0;
}

static int ignore_entry(void *context, const struct sw_beneath_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return 0;
}

static int work_as_a_scanner(void)
{
    int r = read_what_was_handed();
    MUST(r == 0);
    int n = 0;
    struct sw_beneath_walk walk = {.entry = ignore_entry, .context = &n};
    MUST(sw_beneath_walk(root_fd, &walk, NULL) == 0 && n == 4);

    int count = 0;
    struct sw_thread thread = {0};
    MUST(sw_thread_start(&thread, count_up, &count) == 0);
    sw_thread_join(&thread);
    MUST(count == 1);

    void *p = malloc((size_t)8 << 20);
    MUST(p != NULL);
    memset(p, 1, (size_t)8 << 20);
    p = realloc(p, (size_t)16 << 20);
    MUST(p != NULL);
    free(p);
    struct rlimit limit;
    MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max <= 256);
    MUST(sw_thread_n_processors() >= 1);
    return 0;
}

static int fail_to_reach_out(void)
{
    int pair[2];
    MUST(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
    MUST(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 && errno == EPERM);
    MUST(openat(AT_FDCWD, "/tmp/seawall-new", O_WRONLY | O_CREAT, 0600) < 0 && errno == EPERM);
    MUST(openat(root_fd, "etc/passwd", O_RDWR) < 0 && errno == EPERM);
    MUST(openat(root_fd, "etc/passwd", O_WRONLY | O_TRUNC) < 0 && errno == EPERM);
    MUST(openat(root_fd, ".", O_TMPFILE | O_RDWR, 0600) < 0 && errno == EPERM);
    MUST(unlinkat(root_fd, "etc/passwd", 0) < 0 && errno == EPERM);
    MUST(mkdirat(root_fd, "new", 0755) < 0 && errno == EPERM);
    MUST(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(p != MAP_FAILED);
    MUST(mprotect(p, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EPERM);
    struct rlimit limit = {100, 100};
    MUST(setrlimit(RLIMIT_NOFILE, &limit) < 0);
    MUST(syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS);
    MUST(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 && errno == EPERM);
    MUST(syscall(SYS_tgkill, 1, 1, 0) < 0 && errno == EPERM);
    return 0;
}

static int fail_to_see_outside(void)
{
    int fd = openat(AT_FDCWD, "/etc/passwd", O_RDONLY);
    MUST(fd < 0 && errno == EACCES);
    MUST(openat(root_fd, "../outside", O_RDONLY) < 0 && errno == EACCES);
    MUST(openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
    MUST(openat(AT_FDCWD, "/proc/self/environ", O_RDONLY) < 0 && errno == EACCES);
    /* The flags of openat2 are out of seccomp's sight. */
    struct open_how how = {.flags = O_WRONLY};
    MUST(syscall(SYS_openat2, root_fd, "etc/passwd", &how, sizeof(how)) < 0 && errno == EACCES);
    how = (struct open_how){.flags = O_RDWR | O_CREAT, .mode = 0600};
    MUST(syscall(SYS_openat2, root_fd, "etc/new", &how, sizeof(how)) < 0 && errno == EACCES);
    return 0;
}

static int fail_to_see_anything(void)
{
    int fd = -1;
    struct open_how how = {.flags = O_RDONLY};
    /* EPERM, not EACCES: refused before Landlock is asked, which a kernel may not have. */
    MUST(openat(root_fd, "etc/passwd", O_RDONLY) < 0 && errno == EPERM);
    MUST(syscall(SYS_openat2, root_fd, "etc/passwd", &how, sizeof(how)) < 0 && errno == EPERM);
    MUST(sw_beneath_open(root_fd, SW_STR("etc/passwd"), NULL, &fd, NULL, NULL) == -EPERM);
    return 0;
}

static int read_others_files(void)
{
    char p[16];
    int fd = openat(root_fd, "private/key", O_RDONLY);
    MUST(fd >= 0 && sw_descriptor_read_full(fd, p, sizeof(p)) == 3);
    return 0;
}

static int execute(void)
{
    char *const none[] = {NULL};
    execve("/bin/true", none, none);
    return 1;
}

static int make_a_process(void)
{
    return (int)syscall(SYS_vfork) > 0;
}

static int open_by_handle(void)
{
    syscall(SYS_open_by_handle_at, root_fd, NULL, 0);
    return 1;
}

static int ring(void)
{
    syscall(SYS_io_uring_setup, 1, NULL);
    return 1;
}

static int trace(void)
{
    syscall(SYS_ptrace, 0, 0, 0, 0);
    return 1;
}

static int signal_others(void)
{
    kill(getppid(), 0);
    return 1;
}

static int take_too_much(void)
{
    void *p = malloc((size_t)300 << 20);
    MUST(p == NULL);
    p = malloc((size_t)10 << 20);
    MUST(p != NULL);
    return 0;
}

static int make_scratch(void **state)
{
    (void)state;
    if (mkdtemp(scratch) == NULL || chmod(scratch, 0755) < 0)
        return -1;
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sw_file_make_directories(fd, "root/etc", 0755, NULL) < 0 ||
        sw_file_make_directories(fd, "others/private", 0700, NULL) < 0 ||
        sw_file_save(fd, "root/etc/passwd", SW_STR("root"), 0644, NULL) < 0 ||
        sw_file_save(fd, "outside", SW_STR("x"), 0644, NULL) < 0 ||
        sw_file_save(fd, "others/private/key", SW_STR("key"), 0600, NULL) < 0 ||
        symlinkat("/etc/passwd", fd, "root/link") < 0 || mkfifoat(fd, "root/fifo", 0644) < 0)
        return -1;
    root_fd = openat(fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root_fd < 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    close(root_fd);
    return sw_file_remove_tree(AT_FDCWD, scratch, NULL);
}

static void lets_a_scanner_work(void **state)
{
    (void)state;
    const struct inside inside = {
        .run = work_as_a_scanner, .is_directory = true, .memory_limit_bytes = (uint64_t)256 << 20};
    expect_well(&inside);
}

static void works_without_privilege(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    const struct inside inside = {
        .run = work_as_a_scanner, .is_directory = true, .is_nobody = true};
    expect_well(&inside);
    const struct inside out = {.run = fail_to_reach_out, .is_directory = true, .is_nobody = true};
    expect_well(&out);
}

static void refuses_to_reach_out(void **state)
{
    (void)state;
    const struct inside inside = {.run = fail_to_reach_out, .is_directory = true};
    expect_well(&inside);
}

static void hides_what_was_not_handed(void **state)
{
    (void)state;
    if (!has_landlock())
        skip();
    const struct inside beside = {.run = fail_to_see_outside, .is_directory = true};
    expect_well(&beside);
    const struct inside everything = {.run = fail_to_see_anything};
    expect_well(&everything);
}

static void keeps_the_right_to_read_as_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(fchownat(fd, "others/private/key", NOBODY, NOBODY, 0), 0);
    assert_int_equal(fchownat(fd, "others/private", NOBODY, NOBODY, 0), 0);
    int saved = root_fd;
    root_fd = openat(fd, "others", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct inside inside = {.run = read_others_files, .is_directory = true};
    expect_well(&inside);
    close(root_fd);
    root_fd = saved;
}

static void kills_what_attacks(void **state)
{
    (void)state;
    expect_killed(execute);
    expect_killed(make_a_process);
    expect_killed(open_by_handle);
    expect_killed(ring);
    expect_killed(trace);
    expect_killed(signal_others);
}

static void holds_to_the_memory_limit(void **state)
{
    (void)state;
    if (SEAWALL_SANITIZED)
        skip();
    const struct inside inside = {.run = take_too_much, .memory_limit_bytes = (uint64_t)256 << 20};
    expect_well(&inside);
}

static void names_pieces_and_states(void **state)
{
    (void)state;
    assert_string_equal(sw_sandbox_piece_name(SW_SANDBOX_LANDLOCK), "landlock");
    assert_string_equal(sw_sandbox_state_name(SW_SANDBOX_UNAVAILABLE), "unavailable");
    assert_string_equal(sw_sandbox_state_name((enum sw_sandbox_state)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_a_scanner_work),
        cmocka_unit_test(works_without_privilege),
        cmocka_unit_test(refuses_to_reach_out),
        cmocka_unit_test(hides_what_was_not_handed),
        cmocka_unit_test(keeps_the_right_to_read_as_root),
        cmocka_unit_test(kills_what_attacks),
        cmocka_unit_test(holds_to_the_memory_limit),
        cmocka_unit_test(names_pieces_and_states),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
