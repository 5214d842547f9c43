// curl: the one door to libcurl, which is loaded when the first uplink asks for it (library.h): a
// gateway without an uplink over HTTP keeps 4 MB of memory. While starting; curl() throws
// std::runtime_error that names the missing library.
#pragma once

#define CURL_DISABLE_TYPECHECK  // its macros stand for names that are not linked here
#include <curl/curl.h>

namespace fieldweir {

/// What we use of libcurl, by its own names without the prefix.
struct Curl {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_easy_header) easy_header;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};

/// Loaded and initialised.
const Curl& curl();

}  // namespace fieldweir
