SELECT client AS value, sum(requests) AS requests, sum(bytes) AS bytes,
	coalesce(sum(requests) FILTER (denied), 0) AS denied_requests, coalesce(sum(bytes) FILTER (denied), 0) AS denied_bytes
FROM decided
GROUP BY client
ORDER BY denied_requests DESC, requests DESC, value
LIMIT getvariable('top');
