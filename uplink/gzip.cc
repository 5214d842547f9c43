#include "uplink/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "core/check.h"

namespace fieldweir {

struct Gzip::Stream {
  z_stream zlib{};
};

Gzip::Gzip() : stream_(std::make_unique<Stream>()) {
  constexpr int gzip_window = 15 + 16;  // + 16: gzip's frame instead of zlib's
  // level 1: on a small ARM core the deeper ones cost several times more for a few percent
  if (deflateInit2(&stream_->zlib, 1, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

Gzip::~Gzip() { deflateEnd(&stream_->zlib); }

std::string_view Gzip::compress(std::string_view body) {
  z_stream& zlib = stream_->zlib;
  deflateReset(&zlib);
  out_.resize(std::max<std::size_t>(out_.size(), deflateBound(&zlib, body.size())));
  zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(body.data()));
  zlib.avail_in = static_cast<uInt>(body.size());
  zlib.next_out = out_.data();
  zlib.avail_out = static_cast<uInt>(out_.size());
  // cannot fail: the input is whole and deflateBound has sized the output
  FIELDWEIR_CHECK(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
  return {reinterpret_cast<const char*>(out_.data()), out_.size() - zlib.avail_out};
}

}  // namespace fieldweir
