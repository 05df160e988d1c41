// SPDX-License-Identifier: Apache-2.0
// Preloaded under bundle-power: writes down every write and every sync of the store's file, and every acknowledgment,
// in their order, into the file that POWER_LOG names. A record is kind, offset and length (8 bytes each), then the data.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, WRITE_SYNCED = 3, TRUNCATE = 4, ACKNOWLEDGE = 5 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;

// 0 for none of ours, 1 for the database, 2 for the same opened with O_DSYNC, 3 for the acknowledgments.
static int kind_of(int fd) {
  char link[64], path[4096];
  ssize_t length;
  char *at = link + sizeof link - 1;
  int number = fd;
  *at = 0;
  do *--at = (char)('0' + number % 10); while (number /= 10);
  at -= 14;
  memcpy(at, "/proc/self/fd/", 14);
  length = readlink(at, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (length > 9 && strcmp(path + length - 9, "/data.mdb") == 0)
    return fcntl(fd, F_GETFL) & O_DSYNC ? 2 : 1;
  return length > 5 && strcmp(path + length - 5, "/acks") == 0 ? 3 : 0;
}

static ssize_t (*real_write)(int, const void *, size_t);

static void put(uint64_t kind, uint64_t offset, const void *data, uint64_t length) {
  uint64_t head[3] = {kind, offset, length};
  if (log_file < 0) log_file = open(getenv("POWER_LOG"), O_CREAT | O_WRONLY | O_APPEND, 0600);
  if (real_write(log_file, head, sizeof head) != sizeof head) abort();
  for (const char *at = data; length > 0;) {
    ssize_t count = real_write(log_file, at, length);
    if (count <= 0) abort();
    at += count;
    length -= (uint64_t)count;
  }
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void find_write(void) {
  if (!real_write) real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
}

static void note(int fd, const void *data, ssize_t length, off_t offset) {
  int kind = kind_of(fd);
  if (length <= 0 || kind == 0) return;
  put(kind == 3 ? ACKNOWLEDGE : kind == 2 ? WRITE_SYNCED : WRITE, (uint64_t)offset, data, (uint64_t)length);
}

ssize_t write(int fd, const void *data, size_t length) {
  find_write();
  pthread_mutex_lock(&mutex);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t count = real_write(fd, data, length);
  note(fd, data, count, offset);
  pthread_mutex_unlock(&mutex);
  return count;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  REAL(pwrite);
  find_write();
  pthread_mutex_lock(&mutex);
  ssize_t count = real(fd, data, length, offset);
  note(fd, data, count, offset);
  pthread_mutex_unlock(&mutex);
  return count;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return pwrite(fd, data, length, offset); }

static void note_vector(int fd, const struct iovec *vector, int count, ssize_t written, off_t offset) {
  for (int index = 0; index < count && written > 0; index++) {
    ssize_t length = (ssize_t)vector[index].iov_len < written ? (ssize_t)vector[index].iov_len : written;
    note(fd, vector[index].iov_base, length, offset);
    offset += length;
    written -= length;
  }
}

ssize_t writev(int fd, const struct iovec *vector, int count) {
  REAL(writev);
  find_write();
  pthread_mutex_lock(&mutex);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t written = real(fd, vector, count);
  note_vector(fd, vector, count, written, offset);
  pthread_mutex_unlock(&mutex);
  return written;
}

ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t offset) {
  REAL(pwritev);
  find_write();
  pthread_mutex_lock(&mutex);
  ssize_t written = real(fd, vector, count, offset);
  note_vector(fd, vector, count, written, offset);
  pthread_mutex_unlock(&mutex);
  return written;
}

ssize_t pwritev64(int fd, const struct iovec *v, int count, off64_t offset) { return pwritev(fd, v, count, offset); }

static int synced(int fd, int result) {
  if (result == 0 && kind_of(fd) == 1) put(SYNC, 0, "", 0);
  return result;
}

int fdatasync(int fd) {
  REAL(fdatasync);
  find_write();
  pthread_mutex_lock(&mutex);
  int result = synced(fd, real(fd));
  pthread_mutex_unlock(&mutex);
  return result;
}

int fsync(int fd) {
  REAL(fsync);
  find_write();
  pthread_mutex_lock(&mutex);
  int result = synced(fd, real(fd));
  pthread_mutex_unlock(&mutex);
  return result;
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  find_write();
  pthread_mutex_lock(&mutex);
  int result = real(fd, length);
  if (result == 0 && (kind_of(fd) == 1 || kind_of(fd) == 2)) put(TRUNCATE, (uint64_t)length, "", 0);
  pthread_mutex_unlock(&mutex);
  return result;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }
