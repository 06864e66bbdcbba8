// For the preset tsan alone. librdkafka runs in C11 threads, of which g++ 12's ThreadSanitizer knows nothing: the first
// of them to call into the sanitizer crashes. Here C11's calls are those of POSIX, which it follows; in glibc the types
// of both are the same objects. The program's definitions come before those of libc.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <memory>

namespace {

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t));

pthread_mutex_t* posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

int result(int posix_error) {
  switch (posix_error) {
    case 0:
      return thrd_success;
    case ENOMEM:
      return thrd_nomem;
    case EBUSY:
      return thrd_busy;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}

/// What a thread runs and returns; whoever joins it (librdkafka joins all) takes it.
struct Work {
  thrd_start_t function;
  void* argument;
  int returned = 0;
};

void* run(void* work) {
  auto& own = *static_cast<Work*>(work);
  own.returned = own.function(own.argument);
  return work;
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto work = std::make_unique<Work>(Work{function, argument});
  const int error = pthread_create(thread, nullptr, run, work.get());
  if (error == 0) static_cast<void>(work.release());
  return result(error);
}

int thrd_join(thrd_t thread, int* returned) {
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (error != 0) return result(error);
  const std::unique_ptr<Work> work(static_cast<Work*>(value));
  if (returned != nullptr) *returned = work->returned;
  return thrd_success;
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int error = pthread_mutex_init(posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return result(error);
}
int mtx_lock(mtx_t* mutex) { return result(pthread_mutex_lock(posix(mutex))); }
int mtx_trylock(mtx_t* mutex) { return result(pthread_mutex_trylock(posix(mutex))); }
int mtx_unlock(mtx_t* mutex) { return result(pthread_mutex_unlock(posix(mutex))); }
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(posix(mutex)); }

int cnd_init(cnd_t* condition) { return result(pthread_cond_init(posix(condition), nullptr)); }
int cnd_signal(cnd_t* condition) { return result(pthread_cond_signal(posix(condition))); }
int cnd_broadcast(cnd_t* condition) { return result(pthread_cond_broadcast(posix(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) { return result(pthread_cond_wait(posix(condition), posix(mutex))); }
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return result(pthread_cond_timedwait(posix(condition), posix(mutex), until));
}
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(posix(condition)); }
}

// librdkafka counts who uses a topic or a buffer with atomics that the sanitizer does not see, and whoever is last
// frees it. C++ code frees by operator delete, and shares no lock that is destroyed meanwhile.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the sanitizer's name
extern "C" const char* __tsan_default_suppressions() { return "race_top:pthread_rwlock_destroy\nrace_top:free\n"; }
