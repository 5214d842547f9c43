#include "uplink/zstd.h"

#define ZSTD_STATIC_LINKING_ONLY  // for a context in memory of ours, which never grows
#include <zstd.h>

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "uplink/library.h"

namespace fieldweir {
namespace {

// Level 1 for a small ARM core, and a window that takes no more than gzip's state does. The log of
// the hash table is set too: by itself it would depend on the size of the body.
constexpr int level = 1;
constexpr ZSTD_compressionParameters small = {.windowLog = 16,
                                              .chainLog = 13,
                                              .hashLog = 14,
                                              .searchLog = 1,
                                              .minMatch = 6,
                                              .targetLength = 0,
                                              .strategy = ZSTD_fast};

}  // namespace

struct Zstd::Functions {
  Functions() {
    const Library from("libzstd.so.1", "'compress: zstd'", "libzstd1");
    from.find(estimate, "ZSTD_estimateCCtxSize_usingCParams");
    from.find(init, "ZSTD_initStaticCCtx");
    from.find(set, "ZSTD_CCtx_setParameter");
    from.find(compress, "ZSTD_compress2");
    from.find(bound, "ZSTD_compressBound");
    from.find(failed, "ZSTD_isError");
  }
  decltype(&::ZSTD_estimateCCtxSize_usingCParams) estimate;
  decltype(&::ZSTD_initStaticCCtx) init;
  decltype(&::ZSTD_CCtx_setParameter) set;
  decltype(&::ZSTD_compress2) compress;
  decltype(&::ZSTD_compressBound) bound;
  decltype(&::ZSTD_isError) failed;
};

const Zstd::Functions& Zstd::functions() {
  static const Functions loaded;
  return loaded;
}

Zstd::Zstd() : zstd_(functions()), memory_(zstd_.estimate(small)) {
  ZSTD_CCtx* const context = zstd_.init(memory_.data(), memory_.size());
  FIELDWEIR_CHECK(context != nullptr && memory_.size() <= bytes);
  // a context made like this does not say by itself how long the body is
  for (const auto& [parameter, value] : {std::pair{ZSTD_c_contentSizeFlag, 1},
                                         {ZSTD_c_compressionLevel, level},
                                         {ZSTD_c_windowLog, static_cast<int>(small.windowLog)},
                                         {ZSTD_c_hashLog, static_cast<int>(small.hashLog)},
                                         {ZSTD_c_chainLog, static_cast<int>(small.chainLog)},
                                         {ZSTD_c_minMatch, static_cast<int>(small.minMatch)}})
    FIELDWEIR_CHECK(zstd_.failed(zstd_.set(context, parameter, value)) == 0);
  context_ = context;
}

Zstd::~Zstd() = default;

std::string_view Zstd::compress(std::string_view body) {
  out_.resize(std::max(out_.size(), zstd_.bound(body.size())));
  const std::size_t size = zstd_.compress(static_cast<ZSTD_CCtx*>(context_), out_.data(),
                                          out_.size(), body.data(), body.size());
  // cannot fail: the output has room for any body, and the context does not depend on it
  FIELDWEIR_CHECK(zstd_.failed(size) == 0);
  return {out_.data(), size};
}

}  // namespace fieldweir
