-- Generated volume for load and for judging long lists: 100,000 orders, 5,000 customers, 500 people. No random numbers:
-- every value comes from the row's own number, so two machines hold the same rows. Expects the temporary table
-- demo_configurations (position, document, hash) and the settings demo.password_hash and demo.orders (how many of the
-- newest orders). Does nothing the second time.

create temporary table demo_places (position integer, name text) on commit drop;
insert into demo_places
select ordinality - 1, name
from unnest(array[
    'Alder Bay', 'Amber Falls', 'Ashgrove', 'Aspen Ridge', 'Barley Creek', 'Bayfield', 'Beacon Hill', 'Birch Hollow', 'Blackwater', 'Blue Heron',
    'Bramble Point', 'Briar Lake', 'Brookside', 'Calder', 'Canyon View', 'Cedar Narrows', 'Chestnut Park', 'Clearwater', 'Cloverdale East', 'Copper Cove',
    'Coral Sound', 'Cranberry', 'Crescent Bay', 'Crystal Ford', 'Dalewood', 'Deer Run', 'Dogwood', 'Dunmore', 'Eagle Crest', 'Eastmoor',
    'Elder Grove', 'Elm Harbour', 'Fairhaven', 'Fallow Field', 'Fern Valley', 'Finch Landing', 'Foxglove', 'Garnet', 'Glen Arbour', 'Goldenrod',
    'Granite Bay', 'Greywater', 'Harrow Bridge', 'Hawthorn', 'Hazel Brook', 'Heather Downs', 'Hemlock', 'Heron Lake', 'Hickory Gate', 'Holly Bank',
    'Indigo', 'Ironwood', 'Ivy Bridge', 'Juniper', 'Kestrel', 'Kingfisher', 'Lakeview North', 'Larch Point', 'Laurel Hill', 'Linden',
    'Longmeadow', 'Lupin Valley', 'Maple Ford', 'Marble Cove', 'Marigold', 'Mill Pond', 'Mistral', 'Moorland', 'Mulberry', 'Nettle Creek',
    'Northgate', 'Oak Crossing', 'Old Quarry', 'Orchard', 'Osprey', 'Oxbow', 'Pebble Shore', 'Pine Terrace', 'Poplar', 'Prairie Star',
    'Quarry Bay', 'Raven Rock', 'Redwater', 'River Bend', 'Rosewood', 'Rowan', 'Sable Point', 'Saffron', 'Sandhill', 'Silver Birch',
    'Spruce Haven', 'Stonebridge', 'Swan Lake', 'Tamarack', 'Thistle', 'Timber Cove', 'Valley Forge South', 'Walnut Grove', 'Willow Bend', 'Windermere West'
]) with ordinality as place (name, ordinality);

create temporary table demo_houses (position integer, name text) on commit drop;
insert into demo_houses
select ordinality - 1, name
from unnest(array[
    'General Hospital', 'Regional Hospital', 'Community Hospital', 'Memorial Hospital', 'Children''s Hospital', 'Women''s Hospital', 'District Hospital',
    'Surgical Centre', 'Day Surgery', 'Endoscopy Clinic', 'Health Centre', 'Medical Centre', 'University Hospital', 'Teaching Hospital',
    'Veterans Hospital', 'Heart Institute', 'Cancer Centre', 'Eye Institute', 'Orthopaedic Clinic', 'Rehabilitation Centre', 'Urgent Care',
    'Dental Hospital', 'Animal Hospital', 'Sterile Services', 'Ambulatory Care', 'Specialty Clinic', 'Kidney Centre', 'Lung Institute',
    'Hand Surgery Centre', 'Spine Institute', 'Birth Centre', 'Trauma Centre', 'Skin Clinic', 'Ear and Throat Clinic', 'Bone and Joint Centre',
    'Care Campus', 'Health Park', 'Hospital East', 'Hospital West', 'Hospital North', 'Hospital South', 'Health Alliance', 'Medical Pavilion',
    'Surgery Partners', 'Clinic Group', 'Nursing Hospital', 'Infirmary', 'Polyclinic', 'Medical Tower', 'Health Network'
]) with ordinality as house (name, ordinality);

insert into users (email, email_key, name, initials, role, password_hash)
select 'person' || n || '@demo.torvan.example', 'person' || n || '@demo.torvan.example',
       (array['Ada', 'Bram', 'Celia', 'Dario', 'Edda', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaja', 'Leon', 'Mara', 'Nils', 'Olga', 'Pavel', 'Quinn', 'Rosa', 'Sami', 'Tilda'])[1 + n % 20]
       || ' ' ||
       (array['Abel', 'Berg', 'Cole', 'Dorn', 'Egan', 'Falk', 'Gale', 'Holt', 'Iver', 'Jost', 'Kern', 'Lund', 'Moss', 'Nash', 'Oren', 'Pohl', 'Rhys', 'Stone', 'Thorn', 'Vale', 'Weir', 'York', 'Zane', 'Ames', 'Boone'])[1 + n / 20 % 25],
       'P' || n,
       (array['coordinator', 'assembler', 'assembler', 'qc', 'procurement', 'assembler', 'service', 'assembler', 'coordinator', 'administrator'])[1 + n % 10],
       current_setting('demo.password_hash')
from generate_series(1, 500) n
on conflict (email_key) do nothing;

insert into customers (name, name_key, city)
select place.name || ' ' || house.name, lower(place.name || ' ' || house.name), place.name
from demo_places place cross join demo_houses house
on conflict (name_key) do nothing;

create temporary table demo_customers on commit drop as
select row_number() over (order by id) - 1 as position, id
from customers
where name_key in (select lower(place.name || ' ' || house.name) from demo_places place cross join demo_houses house);
create unique index on demo_customers (position);

create temporary table demo_coordinators on commit drop as
select row_number() over (order by id) - 1 as position, id
from users
where email like 'person%@demo.torvan.example' and role = 'coordinator';

-- The whole book reaches 695 days back: 23 months before this one, each with its orders in it.
select create_order_month(month::date)
from generate_series(date_trunc('month', now() - make_interval(mins => (current_setting('demo.orders')::integer + 1) * 10)), now(), interval '1 month') month;

insert into orders (id, number, po_number, po_key, customer_id, project, sales_person, want_on, language, priority, family, stage, created_by, created_at)
select order_id_at(now() - make_interval(mins => (100001 - n) * 10)),
       'TOR-' || (2024 + (n - 1) / 50000) || '-V' || lpad(n::text, 6, '0'),
       'V' || (700000 + n), 'v' || (700000 + n),
       customer.id,
       (array['', 'New wing', 'MDRD renewal', 'Phase 2', '', 'Endoscopy suite', 'Replacement', ''])[1 + n % 8],
       (array['J. Okafor', 'L. Tremblay', 'S. Haddad', 'M. Lindqvist', 'P. Novak'])[1 + n % 5],
       (now() - make_interval(mins => (100001 - n) * 10))::date + 30 + n % 45,
       (array['EN', 'EN', 'FR', 'EN', 'SP'])[1 + n % 5],
       (array['standard', 'standard', 'standard', 'rush', 'standard', 'standard', 'standard', 'standard', 'standard', 'emergency'])[1 + n % 10],
       'MDRD',
       case when n <= 88000 then 'delivered' when n <= 92000 then 'shipped'
            else (array['order_created', 'bom_approved', 'parts_sent', 'ready_for_pre_qc', 'ready_for_production', 'in_assembly',
                        'on_hold_parts', 'in_testing', 'testing_complete', 'packaging_complete', 'ready_for_final_qc', 'ready_for_ship'])[1 + n % 12] end,
       coordinator.id,
       now() - make_interval(mins => (100001 - n) * 10)
from generate_series(100001 - current_setting('demo.orders')::integer, 100000) n
join demo_customers customer on customer.position = (n * 31) % (select count(*) from demo_customers)
join demo_coordinators coordinator on coordinator.position = n % (select count(*) from demo_coordinators)
where not exists (select from order_keys k where k.number = 'TOR-' || (2024 + (n - 1) / 50000) || '-V' || lpad(n::text, 6, '0'))
order by n;

insert into builds (order_id, position, number, number_key, stage, configuration, configuration_hash, created_at)
select o.id, p, 'V' || right(o.number, 6) || '-' || p, 'v' || right(o.number, 6) || '-' || p, o.stage,
       configuration.document, configuration.hash, o.created_at
from orders o
cross join generate_series(1, 2) p
join demo_configurations configuration
  on configuration.position = (right(o.number, 6)::integer * 3 + p) % (select count(*) from demo_configurations)
where o.number like 'TOR-____-V______' and (p = 1 or right(o.number, 6)::integer % 2 = 0)
on conflict (number_key) do nothing;

insert into order_history (order_id, at, user_id, from_stage, to_stage)
select o.id, o.created_at, o.created_by, null, 'order_created'
from orders o
where o.number like 'TOR-____-V______' and not exists (select 1 from order_history h where h.order_id = o.id);
