DELETE FROM inbox
UPDATE inbox SET id = 3
INSERT INTO other.inbox VALUES (1)
DELETE FROM letters
INSERT INTO notes VALUES (1)
SELECT f_sum()
INSERT INTO a SELECT f_sum() FROM sums
INSERT INTO a SELECT * FROM v
INSERT INTO a (f_add) VALUES (1)
INSERT INTO f_add (id) VALUES (1)
INSERT INTO a VALUES ('f_add(1)')
INSERT INTO a SELECT 1 FROM b WHERE f_add = 1
CREATE TABLE z (i INT, KEY f_add (i))
WITH f_add (n) AS (SELECT 1) UPDATE a, f_add SET a.x = 1
SELECT other.p_all(1)
INSERT INTO a SELECT b.x, calls FROM b
INSERT INTO a SELECT TRIM(x FROM y), calls FROM b WHERE 1 GROUP BY x, calls
TRUNCATE inbox
ALTER TABLE inbox ADD INDEX f_add (id)
SELECT `e`.`pack.f`(1)
SELECT `d`.`pac.pack`(1)
