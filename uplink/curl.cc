#include "uplink/curl.h"

#include "uplink/library.h"

namespace fieldweir {
namespace {

Curl load() {
  const Library from("libcurl.so.4", "an uplink over HTTP",
                     "libcurl4 or libcurl4t64");  // the same file in Debian 12 and 13
  Curl c{};
  from.find(c.global_init, "curl_global_init");
  from.find(c.easy_init, "curl_easy_init");
  from.find(c.easy_cleanup, "curl_easy_cleanup");
  from.find(c.easy_setopt, "curl_easy_setopt");
  from.find(c.easy_getinfo, "curl_easy_getinfo");
  from.find(c.easy_strerror, "curl_easy_strerror");
  from.find(c.easy_header, "curl_easy_header");
  from.find(c.multi_init, "curl_multi_init");
  from.find(c.multi_cleanup, "curl_multi_cleanup");
  from.find(c.multi_setopt, "curl_multi_setopt");
  from.find(c.multi_add_handle, "curl_multi_add_handle");
  from.find(c.multi_remove_handle, "curl_multi_remove_handle");
  from.find(c.multi_perform, "curl_multi_perform");
  from.find(c.multi_poll, "curl_multi_poll");
  from.find(c.multi_info_read, "curl_multi_info_read");
  from.find(c.slist_append, "curl_slist_append");
  from.find(c.slist_free_all, "curl_slist_free_all");
  if (c.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    throw std::runtime_error("libcurl cannot be initialised");
  return c;
}

}  // namespace

const Curl& curl() {
  static const Curl loaded = load();
  return loaded;
}

}  // namespace fieldweir
