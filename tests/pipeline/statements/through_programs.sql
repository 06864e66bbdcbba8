INSERT INTO inbox VALUES (2)
REPLACE inbox VALUES (2)
LOAD DATA INFILE 'x' INTO TABLE inbox
INSERT INTO letters VALUES (4)
UPDATE letters SET id = 5
INSERT INTO letters VALUES (1) ON DUPLICATE KEY UPDATE id = 5
UPDATE a, letters SET z = 5
SELECT f_add(2)
SELECT `d`.`f_add`(2)
DO F_ADD(2)
SET @x = f_add(2)
CALL p_all()
CALL p_all
INSERT INTO a VALUES (f_add(1))
UPDATE a SET x = d.f_add (1) WHERE 1
DELETE FROM a WHERE f_add(id)
DELETE a FROM a JOIN b ON f_add(1)
CREATE TABLE z AS SELECT f_add(1)
SELECT f_case(1)
INSERT INTO v (id) VALUES (1)
UPDATE vv SET id = 2
DELETE v FROM v JOIN a
INSERT INTO a SELECT * FROM calls
INSERT INTO a SELECT 1 FROM b, calls c JOIN e
UPDATE a JOIN v SET v.id = 1
UPDATE a JOIN calls SET a.x = 1
INSERT INTO a SELECT 1 FROM ((b JOIN c), calls)
INSERT INTO a SELECT 1 FROM (b JOIN c ON 1), calls
SELECT `d`.`pack.f`(1)
SELECT `pack.f`(1)
SELECT d.pack.f(1)
INSERT INTO a VALUES (pack.f(1))
DO `d`.`pack.f`(1)
