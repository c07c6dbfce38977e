"""Typed codes: the machine-readable words by which vendors name a failure, in the spelling of bodies.snake()."""

from collections.abc import Mapping

from watchbill.domain.outcomes import LimitWindow, SetbackKind

K, W = SetbackKind, LimitWindow


def _all(kind: SetbackKind, words: str) -> Mapping[str, SetbackKind]:
    return dict.fromkeys(words.split(), kind)


# These decide, whatever status and sentence come with them.
EXACT: Mapping[str, SetbackKind] = {
    # money
    **_all(
        K.CREDIT_EXHAUSTED,
        "insufficient_quota billing_error billing_hard_limit_reached billing_not_active billing_not_configured"
        " credit_balance_exhausted organization_spend_limit_exceeded project_spend_limit_exceeded"
        " organization_usage_limit_exceeded enforced_spend_limit_reached contract_spend_limit_reached"
        " linked_organization_spend_limit_reached exceeded_current_quota_error insufficient_balance insufficient_credits"
        " insufficient_funds credits_error out_of_credits workspace_out_of_credits credits_depleted credit_limit_exceeded"
        " credits_required payment_required payment_required_error overage_limit_reached spend_limit_exceeded"
        " spending_limit_reached budget_exceeded session_budget_exceeded account_overdue_error arrearage"
        " workspace_owner_credits_depleted workspace_member_credits_depleted workspace_owner_usage_limit_reached"
        " workspace_member_usage_limit_reached blocked_api_access billing_disabled 1113 30001",
    ),
    # an allowance
    **_all(
        K.EXHAUSTED,
        "usage_limit_reached usage_limit_exceeded quota_exceeded free_quota_exceeded quota_exhausted terminal_quota_error"
        " user_session_rate_limited user_weekly_rate_limited user_global_rate_limited user_monthly_rate_limited"
        " agent_mode_limit_exceeded request_quota_exceeded account_quota_exceeded free_usage_limit_error"
        " service_quota_exceeded_exception allocation_quota_free_tier_only set_limit_exceeded monthly_limit_reached"
        " weekly_limit_reached daily_limit_reached session_limit_reached openrouter_free_tier_daily"
        " monthly_request_count 1308 1310 2056",
    ),
    **_all(
        K.CONTEXT_TOO_LONG,
        "context_length_exceeded context_window_exceeded request_too_large string_above_max_length"
        " exceed_context_size_error context_limit model_context_window_exceeded prompt_too_long tokens_limit_reached"
        " model_max_prompt_tokens_exceeded payload_too_large request_entity_too_large max_context_length_exceeded"
        " context_too_long context_length_exceeded_error invalid_request_prompt 3051",
    ),
    **_all(
        K.MODEL_GONE,
        "model_not_found model_not_found_error model_not_available model_not_supported unsupported_model deployment_not_found"
        " model_deprecated model_decommissioned model_terms_required invalid_model model_not_exist unknown_model"
        " model_unavailable_for_account deployment_model_not_supported model_not_open invalid_endpoint_or_model not_found_model"
        " model_access_denied unsupported_api_for_model 1500 1211",
    ),
    **_all(
        K.AUTH_FAILED,
        "invalid_api_key api_key_invalid authentication_failed account_deactivated unsupported_country_region_territory"
        " unauthorized oauth_org_not_allowed usage_not_included token_expired expired_token_exception"
        " unrecognized_client_exception invalid_signature_exception invalid_client_token_id not_authorized invalid_grant"
        " refresh_token_reused refresh_token_expired token_revoked invalid_authentication_error api_key_expired"
        " access_token_expired incorrect_api_key_error invalid_token authentication_required organization_deactivated"
        " refresh_token_invalidated unauthenticated not_logged_in policy_disabled feature_flag_blocked missing_api_key"
        " access_denied_no_valid_license subscription_required ip_not_authorized",
    ),
    **_all(
        K.REFUSED,
        "content_filter content_policy_violation invalid_prompt responsible_ai_policy_violation cyber_policy"
        " data_inspection_failed safety_violation moderation_blocked content_moderation cyber_policy_violation"
        " sensitive_content_detected content_filtered image_content_policy_violation prompt_blocked 1301",
    ),
    **_all(
        K.OVERLOADED,
        "overloaded_error overloaded server_is_overloaded server_overloaded engine_overloaded"
        " engine_overloaded_error model_capacity_exhausted queue_exceeded service_tier_capacity_exceeded"
        " resource_unavailable model_not_ready_exception service_unavailable_exception model_timeout_exception internal_server_exception"
        " model_overloaded model_degraded unavailable_error no_capacity deadline_exceeded capacity_exceeded insufficient_system_resource"
        " upstream_provider_rate_limit model_error_exception model_stream_error_exception 3505 1305",
    ),
    **_all(
        K.TRUNCATED,
        "error_max_turns max_output_tokens_exceeded",
    ),
    **_all(
        K.NETWORK,
        "connection_error response_stream_disconnected response_stream_connection_failed http_connection_failed"
        " api_connection_error api_timeout_error econnreset econnrefused enotfound eai_again etimedout und_err_socket epipe"
        " und_err_connect_timeout und_err_headers_timeout und_err_body_timeout err_network ehostunreach enetunreach"
        " cert_has_expired self_signed_cert_in_chain unable_to_verify_leaf_signature depth_zero_self_signed_cert"
        " unable_to_get_issuer_cert_locally err_tls_cert_altname_invalid err_internet_disconnected"
        " 1006",  # how a WebSocket says that it was cut
    ),
}

# These say what a status would: a sentence can say more. With the status that they stand for.
VAGUE: Mapping[str, tuple[SetbackKind, int]] = {
    **dict.fromkeys(
        ["rate_limit_error", "rate_limit_exceeded", "rate_limit", "too_many_requests", "rate_limited", "throttling_exception", "throttling", "throttled", "resource_exhausted", "requests", "tokens", "rate_limit_reached_error", "too_many_requests_error", "model_rate_limit", "too_many_tokens_error", "token_quota_exceeded", "requests_limit_exceeded", "resource_exhausted_error", "user_model_rate_limited", "integration_rate_limited", "retryable_quota_error", "throttling_rate_quota", "throttling_allocation_quota", "rate_limit_exceeded_error", "rate_limiting", "request_rate_too_high", "1300", "1302", "1303"],
        (K.THROTTLED, 429),
    ),
    **dict.fromkeys(
        ["authentication_error", "auth_error", "permission_error", "permission_denied", "forbidden", "access_denied_exception", "access_denied", "authorization", "authentication", "permission_denied_error", "request_forbidden"],
        (K.AUTH_FAILED, 403),
    ),
    **dict.fromkeys(["not_found_error", "not_found", "resource_not_found_exception", "resource_not_found"], (K.MODEL_GONE, 404)),
    **dict.fromkeys(
        ["api_error", "server_error", "internal", "internal_server_error", "unavailable", "service_unavailable", "timeout_error", "service_unavailable_error", "internal_error", "upstream_error", "internal_server", "timeout", "bad_gateway", "slow_down"],
        (K.OVERLOADED, 500),
    ),
    **dict.fromkeys(
        ["invalid_request_error", "bad_request", "bad_request_error", "invalid_argument", "validation_exception", "failed_precondition", "validation_error", "invalid_request", "unprocessable_entity_error", "invalid_parameter", "invalid_parameter_error", "unknown_parameter", "unsupported_parameter", "invalid_value", "missing_required_parameter", "out_of_range"],
        (K.BAD_REQUEST, 400),
    ),
}  # fmt: skip

# The names of exceptions that no vendor sent: the libraries' own, for what happened on the way.
TRANSPORT = frozenset(
    [
        "connect_error",
        "connect_timeout",
        "read_timeout",
        "read_error",
        "write_error",
        "write_timeout",
        "pool_timeout",
        "proxy_error",
        "remote_protocol_error",
        "local_protocol_error",
        "connection_reset_error",
        "connection_refused_error",
        "connection_aborted_error",
        "connection_error",
        "broken_pipe_error",
        "gaierror",
        "ssl_error",
        "ssl_cert_verification_error",
        "ssleof_error",
        "ssl_zero_return_error",
        "timeout_error",
        "timeout_exception",
        "incomplete_read",
        "chunked_encoding_error",
        "client_connector_error",
        "client_connector_dns_error",
        "client_payload_error",
        "server_disconnected_error",
        "json_decode_error",
        "api_connection_error",
        "api_timeout_error",
        "model_connection_error",
        "model_timeout_error",
        "unicode_decode_error",
        "max_retry_error",
        "new_connection_error",
        "name_resolution_error",
        "decoding_error",
        "incomplete_read_error",
        "stream_error",
        "certificate_error",
        "client_os_error",
        "network_error",
        "fetch_error",
        "socket_error",
        "protocol_error",
        "cli_connection_error",
        "closed_resource_error",
        "cut_short",
        "unexpected_end_of_stream",
        "api_response_validation_error",
    ]
)

# Of these, what cannot be raised for an answer of the vendor's: they beat the words of the way's gates.
CARRIERS = frozenset(
    ["connect_error", "connect_timeout", "read_error", "write_error", "proxy_error", "remote_protocol_error", "gaierror", "ssl_error"]
)  # fmt: skip

WINDOW_BY_CODE: Mapping[str, LimitWindow] = {
    "enforced_spend_limit_reached": W.MONTH,
    "organization_spend_limit_exceeded": W.MONTH,
    "project_spend_limit_exceeded": W.MONTH,
    "user_weekly_rate_limited": W.WEEK,
    "user_monthly_rate_limited": W.MONTH,
    "weekly_limit_reached": W.WEEK,
    "daily_limit_reached": W.DAY,
    "monthly_limit_reached": W.MONTH,
    "monthly_request_count": W.MONTH,
    "openrouter_free_tier_daily": W.DAY,
}
