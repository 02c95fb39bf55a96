-- decided: requests and bytes by client and Referer host, and whether the lists
-- addresses.txt and referers.txt of the folder $ruleset deny them.
--
-- The requests are added up first: lists are then matched against some hundred
-- thousand distinct addresses and hosts instead of millions of rows, in which
-- time next to nothing is left to gain beside reading the log. Addresses are
-- matched as numbers; one range is looked for, not the longest.
CREATE TEMP TABLE totals AS
SELECT client, authority, count(*) AS requests, sum(bytes)::BIGINT AS bytes
FROM requests
GROUP BY ALL;

CREATE TEMP MACRO number_of(address) AS
	split_part(address, '.', 1)::BIGINT * 16777216 + split_part(address, '.', 2)::BIGINT * 65536
	+ split_part(address, '.', 3)::BIGINT * 256 + split_part(address, '.', 4)::BIGINT;

-- number is NULL for IPv6, of which the lists have none.
CREATE TEMP TABLE denied_clients AS
WITH clients AS (
	SELECT client, CASE WHEN NOT contains(client, ':') THEN number_of(client) END AS number
	FROM (SELECT DISTINCT client FROM totals)
), ranges AS (
	SELECT number_of(split_part(entry, '/', 1)) AS low,
		low + (1::BIGINT << (32 - coalesce(nullif(split_part(entry, '/', 2), ''), '32')::INTEGER)) - 1 AS high
	FROM read_csv(getvariable('ruleset') || '/addresses.txt', auto_detect = false, header = false, columns = {'entry': 'VARCHAR'})
)
SELECT client FROM clients SEMI JOIN ranges ON number BETWEEN low AND high;

-- A host is an authority without user, port and final dot, in lower case.
CREATE TEMP TABLE hosts AS
WITH names AS (
	SELECT authority, rtrim(regexp_replace(lower(regexp_replace(authority, '^.*@', '')), ':[0-9]*$', ''), '.') AS host
	FROM (SELECT DISTINCT authority FROM totals)
), listed AS (
	SELECT split_part(entry, '/', 3) AS host
	FROM read_csv(getvariable('ruleset') || '/referers.txt', auto_detect = false, header = false, columns = {'entry': 'VARCHAR'})
)
SELECT authority, host, host IN (FROM listed) AS denied FROM names;

CREATE TEMP TABLE decided AS
SELECT client, host, requests, bytes, denied OR client IN (FROM denied_clients) AS denied
FROM totals JOIN hosts USING (authority);
