//! What the components of both WASI versions share. The versions give the same names to different types, so it is a macro over
//! a version's `wasi:http/types`.

/// Defines the conversions between this crate's requests and those of a WASI version, in a module of the component's own.
///
/// The version's `types` must be in scope; the argument is what an outbound request is called there.
///
/// ```ignore
/// use wasip2::http::types;
///
/// unassign_role::wasi_http!(OutgoingRequest);
/// ```
#[macro_export]
macro_rules! wasi_http {
    ($outgoing:ident) => {
        /// The name of an inbound request's method.
        pub fn method_name(method: types::Method) -> String {
            let name = match method {
                types::Method::Get => "GET",
                types::Method::Head => "HEAD",
                types::Method::Post => "POST",
                types::Method::Put => "PUT",
                types::Method::Delete => "DELETE",
                types::Method::Connect => "CONNECT",
                types::Method::Options => "OPTIONS",
                types::Method::Trace => "TRACE",
                types::Method::Patch => "PATCH",
                types::Method::Other(name) => return name,
            };
            name.to_owned()
        }

        /// The headers of an outbound request, with its `content-length` if there is one.
        pub fn fields(
            request: &$crate::transport::Request,
            content_length: Option<usize>,
        ) -> Result<types::Fields, $crate::transport::TransportError> {
            // All at once: each call of the host has its price.
            types::Fields::from_list(&request.header_list(content_length)?)
                .map_err(|_| $crate::transport::TransportError::NotSent(String::from("the host refuses a header")))
        }

        /// Sets method and URL of an outbound request.
        pub fn address(
            outgoing: &types::$outgoing,
            request: &$crate::transport::Request,
        ) -> Result<(), $crate::transport::TransportError> {
            use $crate::transport::Method;
            let method = match request.method {
                // What a request is from the start.
                Method::Get => None,
                Method::Post => Some(types::Method::Post),
                Method::Put => Some(types::Method::Put),
                Method::Patch => Some(types::Method::Patch),
                Method::Delete => Some(types::Method::Delete),
            };
            let target = request.target()?;
            let scheme = if target.is_https {
                types::Scheme::Https
            } else {
                types::Scheme::Http
            };
            method
                .map_or(Ok(()), |method| outgoing.set_method(&method))
                .and_then(|()| outgoing.set_scheme(Some(&scheme)))
                .and_then(|()| outgoing.set_authority(Some(target.authority)))
                .and_then(|()| outgoing.set_path_with_query(Some(&target.path_with_query)))
                .map_err(|()| $crate::transport::TransportError::NotSent(String::from("the URL is malformed")))
        }

        /// The host's own time-out for the connection, which tells a request that was never sent. All others are the client's.
        pub fn options(timeouts: $crate::transport::Timeouts) -> types::RequestOptions {
            let options = types::RequestOptions::new();
            let _ = options.set_connect_timeout(Some($crate::transport::nanoseconds(timeouts.connect)));
            options
        }

        /// A response's head for the far end of an inbound request.
        pub fn response_fields(headers: Vec<(&'static str, String)>) -> types::Fields {
            let list: Vec<(String, Vec<u8>)> = headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into_bytes()))
                .collect();
            types::Fields::from_list(&list).unwrap_or_else(|_| {
                let fields = types::Fields::new();
                for (name, value) in list {
                    // A header that the host refuses is not worth losing the answer for.
                    let _ = fields.append(&name, &value);
                }
                fields
            })
        }

        /// Why a request has no answer. Only what proves that it did not reach the provider counts as not sent.
        pub fn transport_error(code: &types::ErrorCode) -> $crate::transport::TransportError {
            use types::ErrorCode;
            use $crate::transport::TransportError;
            let why = $crate::transport::brief(&error_text(code));
            match code {
                ErrorCode::HttpRequestDenied => TransportError::NotAllowed,
                ErrorCode::DnsTimeout
                | ErrorCode::DnsError(_)
                | ErrorCode::DestinationNotFound
                | ErrorCode::DestinationUnavailable
                | ErrorCode::DestinationIpProhibited
                | ErrorCode::DestinationIpUnroutable
                | ErrorCode::ConnectionRefused
                | ErrorCode::ConnectionTimeout
                | ErrorCode::ConnectionLimitReached
                | ErrorCode::TlsCertificateError
                | ErrorCode::HttpRequestMethodInvalid
                | ErrorCode::HttpRequestUriInvalid
                | ErrorCode::HttpRequestUriTooLong
                | ErrorCode::LoopDetected
                | ErrorCode::ConfigurationError => TransportError::NotSent(why),
                _ => TransportError::NoAnswer(why),
            }
        }

        /// The name of a host's error, and what the host says besides. What is derived to print it would be several times as long.
        pub fn error_text(code: &types::ErrorCode) -> String {
            use types::ErrorCode;
            let name = match code {
                ErrorCode::DnsTimeout => "DnsTimeout",
                ErrorCode::DnsError(_) => "DnsError",
                ErrorCode::DestinationNotFound => "DestinationNotFound",
                ErrorCode::DestinationUnavailable => "DestinationUnavailable",
                ErrorCode::DestinationIpProhibited => "DestinationIpProhibited",
                ErrorCode::DestinationIpUnroutable => "DestinationIpUnroutable",
                ErrorCode::ConnectionRefused => "ConnectionRefused",
                ErrorCode::ConnectionTerminated => "ConnectionTerminated",
                ErrorCode::ConnectionTimeout => "ConnectionTimeout",
                ErrorCode::ConnectionReadTimeout => "ConnectionReadTimeout",
                ErrorCode::ConnectionWriteTimeout => "ConnectionWriteTimeout",
                ErrorCode::ConnectionLimitReached => "ConnectionLimitReached",
                ErrorCode::TlsProtocolError => "TlsProtocolError",
                ErrorCode::TlsCertificateError => "TlsCertificateError",
                ErrorCode::TlsAlertReceived(_) => "TlsAlertReceived",
                ErrorCode::HttpRequestDenied => "HttpRequestDenied",
                ErrorCode::HttpRequestLengthRequired => "HttpRequestLengthRequired",
                ErrorCode::HttpRequestBodySize(_) => "HttpRequestBodySize",
                ErrorCode::HttpRequestMethodInvalid => "HttpRequestMethodInvalid",
                ErrorCode::HttpRequestUriInvalid => "HttpRequestUriInvalid",
                ErrorCode::HttpRequestUriTooLong => "HttpRequestUriTooLong",
                ErrorCode::HttpRequestHeaderSectionSize(_) => "HttpRequestHeaderSectionSize",
                ErrorCode::HttpRequestHeaderSize(_) => "HttpRequestHeaderSize",
                ErrorCode::HttpRequestTrailerSectionSize(_) => "HttpRequestTrailerSectionSize",
                ErrorCode::HttpRequestTrailerSize(_) => "HttpRequestTrailerSize",
                ErrorCode::HttpResponseIncomplete => "HttpResponseIncomplete",
                ErrorCode::HttpResponseHeaderSectionSize(_) => "HttpResponseHeaderSectionSize",
                ErrorCode::HttpResponseHeaderSize(_) => "HttpResponseHeaderSize",
                ErrorCode::HttpResponseBodySize(_) => "HttpResponseBodySize",
                ErrorCode::HttpResponseTrailerSectionSize(_) => "HttpResponseTrailerSectionSize",
                ErrorCode::HttpResponseTrailerSize(_) => "HttpResponseTrailerSize",
                ErrorCode::HttpResponseTransferCoding(_) => "HttpResponseTransferCoding",
                ErrorCode::HttpResponseContentCoding(_) => "HttpResponseContentCoding",
                ErrorCode::HttpResponseTimeout => "HttpResponseTimeout",
                ErrorCode::HttpUpgradeFailed => "HttpUpgradeFailed",
                ErrorCode::HttpProtocolError => "HttpProtocolError",
                ErrorCode::LoopDetected => "LoopDetected",
                ErrorCode::ConfigurationError => "ConfigurationError",
                ErrorCode::InternalError(_) => "InternalError",
            };
            let details = match code {
                ErrorCode::DnsError(dns) => dns.rcode.as_ref(),
                ErrorCode::TlsAlertReceived(alert) => alert.alert_message.as_ref(),
                ErrorCode::InternalError(why) => why.as_ref(),
                _ => None,
            };
            details.map_or_else(|| name.to_owned(), |details| format!("{name}: {details}"))
        }
    };
}
