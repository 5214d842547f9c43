#include "uplink/http_status.h"

namespace fieldweir {

Meaning meaning_of(long status) {
  if (status >= 200 && status < 300) return {Verdict::ok, Reason::none};
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return {Verdict::poison, Reason::refused};
    case 401:
    case 403:
      return {Verdict::pause, Reason::unauthorised};
    case 404:
    case 405:
    case 407:
    case 410:
      return {Verdict::pause, Reason::refused};
    default:
      break;
  }
  if (status >= 300 && status < 400) return {Verdict::pause, Reason::refused};
  return {Verdict::retry, Reason::refused};
}

}  // namespace fieldweir
