#include "uplink/kinesis_error.h"

#include <algorithm>
#include <array>
#include <span>

namespace fieldweir {
namespace {

using Names = std::span<const std::string_view>;

// "Common errors" and "PutRecords, errors" of the API reference; some come with and without the
// word Exception, which is left out here
constexpr std::array<std::string_view, 9> passing = {"ProvisionedThroughputExceeded",
                                                     "LimitExceeded",
                                                     "KMSThrottling",
                                                     "Throttling",
                                                     "InternalFailure",
                                                     "InternalServerError",
                                                     "ServiceUnavailable",
                                                     "ServiceUnavailableError",
                                                     "RequestExpired"};
constexpr std::array<std::string_view, 11> credentials = {
    "AccessDenied",        "UnrecognizedClient",    "InvalidSignature",
    "IncompleteSignature", "SignatureDoesNotMatch", "MissingAuthenticationToken",
    "ExpiredToken",        "InvalidClientTokenId",  "InvalidAccessKeyId",
    "OptInRequired",       "NotAuthorized"};
constexpr std::array<std::string_view, 7> place = {
    "ResourceNotFound", "KMSAccessDenied",  "KMSDisabled",  "KMSInvalidState",
    "KMSNotFound",      "KMSOptInRequired", "ResourceInUse"};
constexpr std::array<std::string_view, 5> payload = {
    "Validation", "ValidationError", "InvalidArgument", "Serialization", "RequestEntityTooLarge"};

bool among(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Meaning kinesis_meaning(std::string_view type, long status) {
  static constexpr std::string_view suffix = "Exception";
  if (type.ends_with(suffix)) type.remove_suffix(suffix.size());
  if (among(passing, type)) return {Verdict::retry, Reason::refused};
  if (among(credentials, type)) return {Verdict::pause, Reason::unauthorised};
  if (among(place, type)) return {Verdict::pause, Reason::refused};
  if (among(payload, type) || status == 413) return {Verdict::poison, Reason::refused};
  if (status >= 500 || status == 408 || status == 429) return {Verdict::retry, Reason::refused};
  return {Verdict::pause, Reason::refused};
}

}  // namespace fieldweir
